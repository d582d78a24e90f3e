//! What a register says about an account, as a message and back.

use crate::{
    convert::{FieldFault, account_id, hash, hashes, path_bytes},
    v1::{self, shown_account::Shown},
};
use yizhang_ledger::{
    person::AccountId,
    register::{Absence, InRegister, Neighbour, Presence, RegisterLeaf},
};

/// As a message.
pub fn message(account: AccountId, shown: &InRegister) -> v1::ShownAccount {
    let shown = match shown {
        InRegister::Present(presence) => Shown::Present(v1::Presence {
            index: presence.index,
            path: path_bytes(&presence.path).into(),
        }),
        InRegister::Absent(absence) => Shown::Absent(v1::Absence {
            before: absence.before,
            left: absence.left.as_ref().map(neighbour_message),
            right: absence.right.as_ref().map(neighbour_message),
        }),
    };
    v1::ShownAccount {
        account: account.0.to_vec().into(),
        shown: Some(shown),
    }
}

fn neighbour_message(neighbour: &Neighbour) -> v1::Neighbour {
    v1::Neighbour {
        account: neighbour.leaf.account.0.to_vec().into(),
        content: neighbour.leaf.content.0.to_vec().into(),
        path: path_bytes(&neighbour.path).into(),
    }
}

/// What a message says.
///
/// # Errors
/// [`FieldFault`].
pub fn read(message: &v1::ShownAccount) -> Result<InRegister, FieldFault> {
    match &message.shown {
        Some(Shown::Present(presence)) => Ok(InRegister::Present(Presence {
            index: presence.index,
            path: hashes(&presence.path)?,
        })),
        Some(Shown::Absent(absence)) => Ok(InRegister::Absent(Absence {
            before: absence.before,
            left: absence.left.as_ref().map(neighbour).transpose()?,
            right: absence.right.as_ref().map(neighbour).transpose()?,
        })),
        None => Err(FieldFault::Form {
            field: "shown",
            expected: "present or absent",
        }),
    }
}

fn neighbour(message: &v1::Neighbour) -> Result<Neighbour, FieldFault> {
    Ok(Neighbour {
        leaf: RegisterLeaf {
            account: account_id(&message.account)?,
            content: hash("content", &message.content)?,
        },
        path: hashes(&message.path)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use yizhang_ledger::hash::Hash;

    #[test]
    fn what_is_shown_reads_back_and_nothing_is_not_read() {
        let neighbour = |byte| Neighbour {
            leaf: RegisterLeaf {
                account: AccountId([byte; 16]),
                content: Hash([byte; 32]),
            },
            path: vec![Hash([9; 32]); 3],
        };
        let present = InRegister::Present(Presence {
            index: 7,
            path: vec![Hash([1; 32])],
        });
        let absent = InRegister::Absent(Absence {
            before: 1,
            left: Some(neighbour(2)),
            right: None,
        });
        for shown in [present, absent] {
            let sent = message(AccountId([3; 16]), &shown);
            assert_eq!(sent.account.as_ref(), [3; 16]);
            assert_eq!(read(&sent), Ok(shown));
        }
        assert!(read(&v1::ShownAccount::default()).is_err());
        let mut short = message(
            AccountId([3; 16]),
            &InRegister::Absent(Absence {
                before: 0,
                left: None,
                right: Some(neighbour(4)),
            }),
        );
        if let Some(Shown::Absent(absence)) = &mut short.shown
            && let Some(right) = &mut absence.right
        {
            right.content = vec![1; 31].into();
        }
        assert!(read(&short).is_err());
    }
}
