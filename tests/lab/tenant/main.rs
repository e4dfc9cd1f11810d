//! A stand-in for the tenant, for the demo and the tests: the ticket, the clock, the callback and
//! the hub of the real protocol, over TLS. It trusts a token as the tenant does, by the signature
//! under a registered certificate, checked by a program that is not ours (`xmlsec1`).

mod assertion;
mod callback;
mod control;
mod hostile;
mod hub;
mod jwt;
mod serve;
mod signature;
mod tenant;
mod ticket;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post};
use clap::Parser;

use crate::tenant::Tenant;

/// What the stand-in plays, and where.
#[derive(Debug, Parser)]
#[command(name = "tenant-stand-in")]
pub struct Args {
    /// Address and port; port 0 takes a free one.
    #[arg(long)]
    listen: SocketAddr,
    /// PEM chain of this server.
    #[arg(long)]
    cert: PathBuf,
    /// PEM key of this server; it also signs the hub's requests.
    #[arg(long)]
    key: PathBuf,
    /// A folder for registered certificates.
    #[arg(long)]
    folder: PathBuf,
    /// PEM certificate whose tokens are trusted without a registration by the ticket.
    #[arg(long)]
    trust: Option<PathBuf>,
    /// Host name under which clients reach this server.
    #[arg(long, default_value = "tenant.corp.example")]
    host: String,
    /// Last part of the ticket's address.
    #[arg(long, default_value = "trial")]
    ticket: String,
    #[arg(long, default_value = "corp")]
    connection: String,
    /// Domain of the connection; tokens are issued by `urn:` and this.
    #[arg(long, default_value = "corp.example")]
    domain: String,
    #[arg(long, default_value = "urn:auth0:corp")]
    realm: String,
    /// What the ticket says of Kerberos.
    #[arg(long, default_value_t = true, action = clap::ArgAction::Set)]
    kerberos: bool,
    /// What the ticket says of client certificates.
    #[arg(long, default_value_t = false, action = clap::ArgAction::Set)]
    cert_auth: bool,
    #[command(flatten)]
    odd: ticket::Odd,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args = Args::parse();
    let listener = tokio::net::TcpListener::bind(args.listen).await?;
    let address = listener.local_addr()?;
    let tls = serve::tls(&args.cert, &args.key)?;
    let tenant = Arc::new(Tenant::new(args, address.port())?);

    let routes = Router::new()
        .route("/test", get(ticket::clock))
        .route("/login/callback", post(callback::receive))
        .route("/p/ad/{ticket}/info", get(ticket::info))
        .route("/p/ad/{ticket}", post(ticket::register))
        .route("/lo/hub", get(hub::connect))
        .route("/control/agents", get(control::agents))
        .route("/control/request", post(control::request))
        .route("/control/burst", post(control::burst))
        .route("/control/hostile", post(control::hostile))
        .route("/control/token", post(control::token))
        .route("/control/cut", post(control::cut))
        .route("/control/mode", post(control::mode))
        .with_state(tenant);

    println!("listening on https://{address}");
    serve::run(listener, tls, routes).await;
    Ok(())
}
