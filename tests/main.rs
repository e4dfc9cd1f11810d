//! All integration tests, a module per behaviour. Those on the lab need `tests/run.sh`.

mod lab;

mod account_policy;
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
mod documentation;
mod drain;
mod form_login;
mod http_limits;
mod kerberos_login;
mod kerberos_refusals;
mod layering;
mod openldap;
mod operations;
mod profile_mapper;
mod proxy_frontend;
mod reload;
mod session_resumption;
mod set_up;
mod signature;
mod socket_activation;
mod tunnel_link;
mod tunnel_requests;
