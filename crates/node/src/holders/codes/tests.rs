use super::*;

const MAKER: [u8; 32] = [1; 32];
const CHECKER: [u8; 32] = [2; 32];
const PORTAL: [u8; 32] = [3; 32];
const WORKER: AccountId = AccountId([7; 16]);

fn new(needs_approval: bool, random: u64) -> NewCode {
    NewCode {
        account: WORKER,
        maker: MAKER,
        needs_approval,
        random: random.to_le_bytes(),
    }
}

fn by(code: EntryCode, checker: [u8; 32]) -> Approval {
    Approval {
        request: code.request(),
        account: WORKER,
        checker,
    }
}

/// Another code of the same request.
fn wrong(code: EntryCode) -> EntryCode {
    EntryCode::new(code.request(), 1).unwrap()
}

#[test]
fn a_code_opens_once() {
    let (mut codes, now) = (Codes::default(), Instant::now());
    let code = codes.issue(&new(false, 4_711), now).unwrap();
    let entered = codes.enter(code, PORTAL, now).unwrap();
    assert_eq!((entered.account, entered.maker), (WORKER, MAKER));
    assert_eq!(codes.enter(code, PORTAL, now), Err(CodeFault::NotGood));
}

#[test]
fn a_code_is_good_for_fifteen_minutes() {
    let (mut codes, now) = (Codes::default(), Instant::now());
    let code = codes.issue(&new(false, 4_711), now).unwrap();
    let late = now + LIFE;
    assert_eq!(codes.enter(code, PORTAL, late), Err(CodeFault::NotGood));
    let code = codes.issue(&new(false, 4_711), now).unwrap();
    let soon = now + Duration::from_secs(15 * 60 - 1);
    assert!(codes.enter(code, PORTAL, soon).is_ok());
}

#[test]
fn the_fifth_wrong_try_ends_a_code() {
    let (mut codes, now) = (Codes::default(), Instant::now());
    let code = codes.issue(&new(false, 4_711), now).unwrap();
    for _ in 0..4 {
        assert_eq!(
            codes.enter(wrong(code), PORTAL, now),
            Err(CodeFault::NotGood)
        );
    }
    assert!(codes.enter(code, PORTAL, now).is_ok(), "four are no end");
    let code = codes.issue(&new(false, 4_711), now).unwrap();
    for _ in 0..5 {
        assert_eq!(
            codes.enter(wrong(code), PORTAL, now),
            Err(CodeFault::NotGood)
        );
    }
    assert_eq!(codes.enter(code, PORTAL, now), Err(CodeFault::NotGood));
}

#[test]
fn where_two_clerks_are_needed_the_first_is_not_the_second() {
    let (mut codes, now) = (Codes::default(), Instant::now());
    let code = codes.issue(&new(true, 4_711), now).unwrap();
    assert_eq!(codes.enter(code, PORTAL, now), Err(CodeFault::NotApproved));
    assert_eq!(
        codes.approve(&by(code, MAKER), now),
        Err(CodeFault::SameClerk)
    );
    assert_eq!(codes.enter(code, PORTAL, now), Err(CodeFault::NotApproved));
    let of_other = Approval {
        account: AccountId([8; 16]),
        ..by(code, CHECKER)
    };
    assert_eq!(codes.approve(&of_other, now), Err(CodeFault::NotGood));
    assert_eq!(codes.approve(&by(code, CHECKER), now), Ok(()));
    assert_eq!(
        codes.approve(&by(code, [9; 32]), now),
        Err(CodeFault::NotGood),
        "twice"
    );
    let entered = codes.enter(code, PORTAL, now).unwrap();
    assert_eq!(entered.checker, Some(CHECKER));
    assert_eq!(
        codes.approve(&by(code, CHECKER), now),
        Err(CodeFault::NotGood)
    );
}

#[test]
fn a_caller_tries_so_many_wrong_codes_a_minute() {
    let (mut codes, now) = (Codes::default(), Instant::now());
    let code = codes.issue(&new(false, 4_711), now).unwrap();
    let none = EntryCode::new((code.request() + 1) % REQUESTS, 1).unwrap();
    for _ in 0..WRONG_MAX {
        assert_eq!(codes.enter(none, PORTAL, now), Err(CodeFault::NotGood));
    }
    assert_eq!(codes.enter(code, PORTAL, now), Err(CodeFault::TooManyWrong));
    assert!(codes.enter(code, CHECKER, now).is_ok(), "others go on");
    let code = codes.issue(&new(false, 4_711), now).unwrap();
    assert!(codes.enter(code, PORTAL, now + MINUTE).is_ok());
}

#[test]
fn so_many_codes_wait_and_no_more() {
    let (mut codes, now) = (Codes::default(), Instant::now());
    for _ in 0..WAITING_MAX {
        codes.issue(&new(false, 4_711), now).unwrap();
    }
    assert_eq!(codes.issue(&new(false, 4_711), now), Err(CodeFault::Full));
    assert!(codes.issue(&new(false, 4_711), now + LIFE).is_ok());
}
