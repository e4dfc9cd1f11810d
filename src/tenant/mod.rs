//! What installation and tenant exchange over the provisioning ticket.

mod error;
mod exchange;
mod ticket;
mod ticket_info;

pub use self::{
    error::TicketError,
    exchange::{exchange, other_certificates},
    ticket::{CLOCK_LIMIT, ProvisioningTicket, Registration},
    ticket_info::TicketInfo,
};
