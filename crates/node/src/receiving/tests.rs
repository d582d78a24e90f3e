use super::*;

/// What is held after each of these pieces of a stream.
fn held(pieces: &[&[u8]]) -> Vec<usize> {
    let mut message = Unfinished::default();
    let mut held = Vec::new();
    for piece in pieces {
        message.feed(Bytes::copy_from_slice(piece));
        held.push(message.held());
    }
    held
}

#[test]
fn a_message_is_held_until_its_last_byte() {
    assert_eq!(held(&[&[0, 0, 0, 0, 3, 7, 7], &[7]]), [7, 0]);
    assert_eq!(held(&[&[0, 0], &[0, 0, 3, 7], &[7, 7]]), [2, 6, 0]);
}

#[test]
fn an_empty_message_ends_with_its_prefix() {
    assert_eq!(held(&[&[0, 0, 0, 0, 0]]), [0]);
}

#[test]
fn of_several_messages_only_the_last_is_held() {
    let two_and_a_half = [0, 0, 0, 0, 1, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9, 7];
    assert_eq!(held(&[&two_and_a_half]), [6]);
}
