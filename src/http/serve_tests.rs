//! Tests of serving on real sockets: limits, keep-alive, and the end of the program.

use tokio::{
    io::AsyncWriteExt,
    time::{sleep, timeout},
};

use super::*;
use crate::{
    http::fixture::{ASK, Running, SHORT, SOON, answer, limits, rest, run},
    lifecycle::Drained,
};

async fn with_authorization(running: &Running, length: usize) -> String {
    let value = "a".repeat(length);
    let stream = running
        .connect(&format!(
            "GET /length HTTP/1.1\r\nHost: a\r\nConnection: close\r\nAuthorization: {value}\r\n\r\n"
        ))
        .await;
    rest(stream).await
}

#[tokio::test]
async fn a_token_of_64_kib_passes_and_a_larger_head_gets_the_page_431() {
    let running = run(limits(), None);
    // 64 KiB in base64, after `Negotiate `.
    let largest = 65_536_usize.div_ceil(3) * 4 + 10;
    let text = with_authorization(&running, largest).await;
    assert!(
        text.starts_with("HTTP/1.1 200 ") && text.ends_with("87394"),
        "{text}"
    );
    let text = with_authorization(&running, 120 * 1024).await;
    assert!(text.starts_with("HTTP/1.1 431 "), "{text}");
    assert!(text.contains("MAX_HEADER_SIZE"), "our page: {text}");
    let text = with_authorization(&running, 400 * 1024).await;
    assert!(
        text.is_empty() || text.starts_with("HTTP/1.1 431 "),
        "hyper's own: {text}"
    );
    let page = running.metrics.responses.with_label_values(&["431"]);
    assert_eq!(page.get(), 1);
}

#[tokio::test]
async fn a_body_that_is_too_large_gets_the_page_413_even_while_it_is_sent() {
    let running = run(limits(), None);
    let body = "a".repeat(300 * 1024);
    let head = format!(
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    let text = rest(running.connect(&(head + &body)).await).await;
    assert!(text.starts_with("HTTP/1.1 413 "), "{text}");
    assert!(text.contains("</html>"), "{text}");
}

#[tokio::test]
async fn requests_that_come_together_and_in_pieces_are_each_answered() {
    let running = run(limits(), None);
    let (begin, end) = ASK.split_at(9);
    let mut stream = running.connect(&format!("{ASK}{ASK}{begin}")).await;
    let mut text = String::new();
    while text.matches("hello").count() < 2 {
        text += &answer(&mut stream).await;
    }
    stream.write_all(end.as_bytes()).await.expect("sends");
    let third = answer(&mut stream).await;
    assert!(third.ends_with("hello"), "{third}");
    stream.write_all(b"\r\n").await.expect("sends");
    stream.write_all(ASK.as_bytes()).await.expect("sends");
    let fourth = answer(&mut stream).await;
    assert!(fourth.ends_with("hello"), "{fourth}");
    assert!(text.matches("HTTP/1.1 200 ").count() == 2, "{text}");
}

#[tokio::test]
async fn a_second_host_on_the_wire_is_400_and_ends_the_connection() {
    let running = run(limits(), None);
    let doubled = "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n";
    let text = rest(running.connect(doubled).await).await;
    assert!(text.starts_with("HTTP/1.1 400 "), "{text}");
}

#[tokio::test]
async fn a_connection_serves_several_requests_and_head_has_no_body() {
    let running = run(limits(), None);
    let mut stream = running.connect(ASK).await;
    assert!(answer(&mut stream).await.ends_with("hello"));
    stream
        .write_all(b"HEAD / HTTP/1.1\r\nHost: a\r\n\r\n")
        .await
        .expect("sends");
    let head = answer(&mut stream).await;
    assert!(
        head.contains("content-length: 5") && head.ends_with("\r\n\r\n"),
        "{head}"
    );
}

#[tokio::test]
async fn silent_and_slow_clients_are_dropped() {
    let running = run(
        Limits {
            first_head: SHORT,
            next_head: SHORT * 2,
            ..limits()
        },
        None,
    );
    assert_eq!(rest(running.connect("").await).await, "");
    assert_eq!(
        rest(running.connect("GET / HTTP/1.1\r\nHo").await).await,
        ""
    );
    // Served once, then idle for too long.
    assert!(rest(running.connect(ASK).await).await.ends_with("hello"));
}

#[tokio::test]
async fn a_client_that_reads_nothing_is_dropped() {
    let running = run(
        Limits {
            write: SHORT,
            ..limits()
        },
        None,
    );
    let _stream = running
        .connect("GET /big HTTP/1.1\r\nHost: a\r\n\r\n")
        .await;
    timeout(SOON, async {
        sleep(SHORT / 2).await;
        while running.metrics.connections.get() > 0 {
            sleep(SHORT / 2).await;
        }
    })
    .await
    .expect("dropped");
}

#[tokio::test]
async fn stopping_finishes_what_is_in_flight_and_closes_what_is_idle() {
    let running = run(limits(), None);
    let mut idle = running.connect(ASK).await;
    answer(&mut idle).await;
    let in_flight = running
        .connect("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n")
        .await;
    sleep(SHORT / 2).await;
    let drain = running.drain(SOON);
    assert_eq!(rest(idle).await, "");
    let text = rest(in_flight).await;
    assert!(text.ends_with("slow"), "{text}");
    assert!(text.contains("connection: close"), "{text}");
    assert_eq!(drain.await.expect("no panic"), Drained { cut: 0 });
}

#[tokio::test]
async fn a_first_request_that_was_on_the_way_is_answered_while_stopping() {
    let running = run(limits(), None);
    let mut early = running.connect("").await;
    sleep(SHORT / 2).await;
    let drain = running.drain(SOON);
    sleep(SHORT).await;
    early.write_all(ASK.as_bytes()).await.expect("still open");
    let text = rest(early).await;
    assert!(text.ends_with("hello"), "{text}");
    assert_eq!(drain.await.expect("no panic"), Drained { cut: 0 });
}

#[tokio::test]
async fn a_connection_that_never_asks_does_not_hold_the_end_up() {
    let running = run(
        Limits {
            last_request: SHORT,
            ..limits()
        },
        None,
    );
    let silent = running.connect("").await;
    sleep(SHORT / 2).await;
    let drain = running.drain(SOON * 2);
    assert_eq!(rest(silent).await, "");
    assert_eq!(drain.await.expect("no panic"), Drained { cut: 0 });
}

#[tokio::test]
async fn what_never_finishes_is_cut() {
    let running = run(limits(), None);
    let stuck = running
        .connect("GET /never HTTP/1.1\r\nHost: a\r\n\r\n")
        .await;
    sleep(SHORT / 2).await;
    let drain = running.drain(SHORT);
    assert_eq!(rest(stuck).await, "");
    assert_eq!(drain.await.expect("no panic"), Drained { cut: 1 });
}
