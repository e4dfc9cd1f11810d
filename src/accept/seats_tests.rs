//! Tests of places: what is closed, and what never is.

use std::net::Ipv4Addr;

use super::*;

const SOON: Duration = Duration::from_secs(5);
const SHORT: Duration = Duration::from_millis(20);

fn address(last: u8) -> IpAddr {
    Ipv4Addr::new(192, 0, 2, last).into()
}

fn seats(limit: usize) -> (Seats, Arc<Metrics>) {
    let metrics = Arc::new(Metrics::new());
    let seats = Seats::new(limit, NetworkWidths::default(), Some(Arc::clone(&metrics)));
    (seats, metrics)
}

/// A connection: a task that holds its place until it is closed.
struct Held {
    activity: Activity,
    task: tokio::task::JoinHandle<()>,
}

async fn hold(seats: &Seats, last: u8) -> Held {
    let seat = timeout(SOON, seats.take(address(last)));
    let seat = seat.await.expect("a place in time");
    let activity = seat.activity().clone();
    let task = tokio::spawn(async move {
        let _seat = seat;
        std::future::pending::<()>().await;
    });
    activity.is_served_by(task.abort_handle());
    Held { activity, task }
}

impl Held {
    async fn is_closed(&self) -> bool {
        let end = Instant::now() + SHORT;
        while !self.task.is_finished() && Instant::now() < end {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        self.task.is_finished()
    }
}

fn closed(metrics: &Metrics, reason: &str) -> u64 {
    let counter = &metrics.connections_closed_early;
    counter.with_label_values(&[reason]).get()
}

#[tokio::test]
async fn the_network_that_holds_most_gives_up_what_it_left_idle_longest() {
    let (seats, metrics) = seats(4);
    let user = hold(&seats, 1).await;
    let flood = [
        hold(&seats, 7).await,
        hold(&seats, 7).await,
        hold(&seats, 7).await,
    ];
    // The oldest of them has just been answered.
    flood[0].activity.works();
    flood[0].activity.waits();
    assert_eq!(seats.full(), None);
    let late = hold(&seats, 2).await;
    assert!(flood[1].is_closed().await, "the longest idle of the most");
    for open in [&user, &flood[0], &flood[2], &late] {
        assert!(!open.is_closed().await);
    }
    assert_eq!(closed(&metrics, "full"), 1);
    let full = seats.full().expect("a moment ago");
    assert_eq!((full.connections, full.holds), (4, 2));
    assert_eq!(full.network.expect("one").to_string(), "192.0.2.7");
}

#[tokio::test]
async fn where_all_come_from_one_network_the_longest_idle_goes() {
    let (seats, _) = seats(3);
    let first = hold(&seats, 1).await;
    let others = [hold(&seats, 1).await, hold(&seats, 1).await];
    let late = hold(&seats, 1).await;
    assert!(first.is_closed().await);
    for open in others.iter().chain([&late]) {
        assert!(!open.is_closed().await);
    }
}

#[tokio::test]
async fn what_waits_for_this_instance_is_never_closed() {
    let (seats, metrics) = seats(3);
    let busy = [hold(&seats, 7).await, hold(&seats, 7).await];
    for one in &busy {
        one.activity.works();
    }
    let idle = hold(&seats, 1).await;
    let late = hold(&seats, 2).await;
    assert!(idle.is_closed().await, "of a network that holds less");
    late.activity.works();
    assert!(
        timeout(SHORT, seats.take(address(3))).await.is_err(),
        "waits"
    );
    for open in busy.iter().chain([&late]) {
        assert!(!open.is_closed().await);
    }
    assert_eq!(closed(&metrics, "full"), 1);
    busy[0].task.abort();
    timeout(SOON, seats.take(address(3)))
        .await
        .expect("a place");
}

#[tokio::test]
async fn a_place_belongs_to_the_client_whom_a_balancer_names() {
    let (seats, _) = seats(4);
    let mut named = Vec::new();
    for last in [1, 2, 7, 7] {
        let mut seat = seats.take(address(99)).await;
        seat.belongs_to(address(last));
        let activity = seat.activity().clone();
        let task = tokio::spawn(async move {
            let _seat = seat;
            std::future::pending::<()>().await;
        });
        activity.is_served_by(task.abort_handle());
        named.push(Held { activity, task });
    }
    let _late = hold(&seats, 3).await;
    assert!(named[2].is_closed().await || named[3].is_closed().await);
    assert!(!named[0].is_closed().await && !named[1].is_closed().await);
    for held in named {
        held.task.abort();
    }
}

#[tokio::test]
async fn under_pressure_silence_is_borne_for_a_shorter_time() {
    let metrics = Arc::new(Metrics::new());
    let counted = Some(Arc::clone(&metrics));
    let seats = Seats::with_patience(8, NetworkWidths::default(), counted, SHORT * 5);
    let mut early = Vec::new();
    for last in 1..=6 {
        early.push(hold(&seats, last).await);
    }
    early[0].activity.works();
    tokio::time::sleep(SHORT * 5).await;
    early[1].activity.waits();
    let _seventh = hold(&seats, 7).await;
    assert!(!early[0].is_closed().await, "it is being served");
    assert!(!early[1].is_closed().await, "it was answered just now");
    for silent in &early[2..] {
        assert!(silent.is_closed().await);
    }
    assert_eq!(closed(&metrics, "pressed"), 4);
    assert_eq!(closed(&metrics, "full"), 0);
}

#[tokio::test]
async fn unfinished_requests_have_a_budget_of_bytes() {
    let (seats, metrics) = seats(100);
    let user = hold(&seats, 1).await;
    user.activity.holds(90 << 10);
    let flood = [hold(&seats, 7).await, hold(&seats, 7).await];
    flood[0].activity.holds(UNANSWERED / 2);
    flood[1].activity.holds(UNANSWERED / 4);
    assert_eq!(closed(&metrics, "memory"), 0);
    flood[1].activity.holds(UNANSWERED / 4);
    assert!(flood[0].is_closed().await || flood[1].is_closed().await);
    assert_eq!(closed(&metrics, "memory"), 1, "as many as it needs");
    assert!(!user.is_closed().await);
    let held = || seats.0.unanswered.load(Ordering::Relaxed);
    assert!(held() < UNANSWERED / 8 * 7, "{}", held());
    user.activity.answered();
    for one in &flood {
        one.task.abort();
        assert!(one.is_closed().await);
    }
    assert_eq!(held(), 0);
}

#[tokio::test]
async fn what_ended_is_forgotten() {
    let (seats, _) = seats(10);
    for last in 0..50 {
        drop(seats.take(address(last)).await);
    }
    assert!(seats.0.taken().is_empty());
    assert_eq!(seats.0.permits.available_permits(), 10);
}
