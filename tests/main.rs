//! The integration tests on the lab, a module per behaviour: run them by `tests/run.sh`.

mod lab;

mod account_policy;
mod balancer_mismatch;
mod browser;
mod callbacks;
mod client_certificates;
mod clone_and_import;
mod configuration;
mod console;
mod directory_discovery;
mod directory_failover;
mod directory_outage;
mod doctor;
mod doctor_directory;
mod doctor_kerberos;
mod drain;
mod form_login;
mod http_limits;
mod kerberos_login;
mod kerberos_refusals;
mod openldap;
mod operations;
mod profile_mapper;
mod proxy_frontend;
mod reload;
mod session_resumption;
mod set_up;
mod set_up_dialogue;
mod set_up_keys;
mod set_up_mistakes;
mod signature;
mod socket_activation;
mod ticket_steps;
mod tunnel_link;
mod tunnel_requests;
