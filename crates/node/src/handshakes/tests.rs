use super::*;
use std::time::Duration;
use tokio::time::timeout;

fn address(last: u8) -> IpAddr {
    IpAddr::from([192, 0, 2, last])
}

fn enter(handshakes: &Arc<Handshakes>, from: IpAddr) -> Handshake {
    match handshakes.enter(from) {
        Entered::Free(handshake) | Entered::Instead(handshake) => handshake,
    }
}

fn fill(handshakes: &Arc<Handshakes>, from: IpAddr, count: usize) -> Vec<Handshake> {
    (0..count).map(|_| enter(handshakes, from)).collect()
}

async fn is_sent_away(handshake: &Handshake) -> bool {
    let soon = Duration::from_millis(1);
    timeout(soon, handshake.gives_way()).await.is_ok()
}

#[tokio::test]
async fn the_oldest_that_says_nothing_gives_way_and_not_the_one_that_speaks() {
    let handshakes = Arc::new(Handshakes::default());
    let under_way = fill(&handshakes, address(1), HANDSHAKES_PER_ADDRESS_MAX);
    under_way[0].has_spoken();
    let _one_more = enter(&handshakes, address(1));
    assert!(!is_sent_away(&under_way[0]).await);
    assert!(is_sent_away(&under_way[1]).await);
    assert!(!is_sent_away(&under_way[2]).await);
    assert_eq!(handshakes.under_way(), HANDSHAKES_PER_ADDRESS_MAX);
}

#[tokio::test]
async fn one_address_leaves_room_to_others() {
    let handshakes = Arc::new(Handshakes::default());
    let crowd = fill(&handshakes, address(1), HANDSHAKES_PER_ADDRESS_MAX);
    let other = enter(&handshakes, address(2));
    let _one_more = enter(&handshakes, address(1));
    assert!(is_sent_away(&crowd[0]).await);
    assert!(!is_sent_away(&other).await);
}

#[tokio::test]
async fn a_full_room_is_made_free_where_most_are() {
    let handshakes = Arc::new(Handshakes::default());
    let few = fill(&handshakes, address(2), HANDSHAKES_MAX / 4);
    let crowd = fill(&handshakes, address(1), HANDSHAKES_PER_ADDRESS_MAX);
    let rest = fill(&handshakes, address(3), HANDSHAKES_MAX / 4);
    let _one_more = enter(&handshakes, address(4));
    assert!(is_sent_away(&crowd[0]).await);
    assert!(!is_sent_away(&few[0]).await);
    assert!(!is_sent_away(&rest[0]).await);
}

#[tokio::test]
async fn of_as_many_addresses_as_sockets_the_oldest_silent_one_gives_way_whatever_its_address() {
    let handshakes = Arc::new(Handshakes::default());
    let from = |number: usize| {
        let [.., high, low] = number.to_be_bytes();
        IpAddr::from([198, 18, high, low])
    };
    // The largest address is the youngest, the smallest the oldest; and the other way round.
    let ascending: Vec<usize> = (0..HANDSHAKES_MAX).collect();
    let descending = ascending.iter().rev().copied().collect();
    for order in [ascending, descending] {
        let under_way: Vec<Handshake> = order
            .into_iter()
            .map(|number| enter(&handshakes, from(number)))
            .collect();
        under_way[0].has_spoken();
        let _one_more = enter(&handshakes, address(1));
        assert!(!is_sent_away(&under_way[0]).await);
        assert!(is_sent_away(&under_way[1]).await);
        assert!(!is_sent_away(under_way.last().unwrap()).await);
    }
}

#[tokio::test]
async fn who_is_silent_gives_way_before_a_crowd_that_has_spoken() {
    let handshakes = Arc::new(Handshakes::default());
    let crowd = fill(&handshakes, address(1), HANDSHAKES_PER_ADDRESS_MAX);
    crowd.iter().for_each(Handshake::has_spoken);
    let silent = fill(&handshakes, address(2), HANDSHAKES_MAX - crowd.len());
    let _one_more = enter(&handshakes, address(3));
    assert!(!is_sent_away(&crowd[0]).await);
    assert!(is_sent_away(&silent[0]).await);
}

#[tokio::test]
async fn among_those_that_all_speak_the_oldest_gives_way() {
    let handshakes = Arc::new(Handshakes::default());
    let under_way = fill(&handshakes, address(1), HANDSHAKES_PER_ADDRESS_MAX);
    under_way.iter().for_each(Handshake::has_spoken);
    let _one_more = enter(&handshakes, address(1));
    assert!(is_sent_away(&under_way[0]).await);
}

#[test]
fn a_network_of_ipv6_is_one_address() {
    let parse = |text: &str| neighbourhood(text.parse().unwrap());
    assert_eq!(parse("2001:db8::1"), parse("2001:db8::ffff:1"));
    assert_ne!(parse("2001:db8::1"), parse("2001:db8:0:1::1"));
    assert_eq!(parse("::ffff:192.0.2.1"), parse("192.0.2.1"));
}
