//! What installation and tenant tell each other over the ticket (PROTOCOL.md section 2).

mod exchange;
mod ticket;
mod ticket_info;

pub use self::{
    exchange::{exchange, other_certificates},
    ticket::{CLOCK_LIMIT, Registration, Ticket, TicketError},
    ticket_info::TicketInfo,
};
