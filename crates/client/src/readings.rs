//! Who has read an account, as a node says that the nodes tell.

use yizhang_ledger::{
    hash::Hash,
    value::{Day, Division, UnixMillis},
};
use yizhang_show::readings::{NodeReadings, Reading, Readings, Root, Told, Unknown};
use yizhang_wire::{
    convert::FieldFault,
    v1::{self, ReadingsReply, ToldReadings},
};

/// Reads what a node says.
///
/// # Errors
/// [`FieldFault`].
pub fn readings(reply: ReadingsReply) -> Result<Readings, FieldFault> {
    let nodes = reply.nodes.into_iter().map(node);
    Ok(Readings {
        nodes: nodes.collect::<Result<_, _>>()?,
    })
}

fn node(node: v1::NodeReadings) -> Result<NodeReadings, FieldFault> {
    let told = match (node.told, node.unknown.as_str()) {
        (Some(told), "") => Ok(told_of(told)?),
        (_, "refused") => Err(Unknown::Refused),
        (_, "no-key") => Err(Unknown::NoKey),
        (_, "wrong") => Err(Unknown::Wrong),
        // What a later node says is no more than that nothing is known.
        _ => Err(Unknown::Away),
    };
    Ok(NodeReadings {
        region: Division::new(node.region).ok_or(FieldFault::Form {
            field: "region",
            expected: "six digits of a division",
        })?,
        told,
    })
}

fn told_of(told: ToldReadings) -> Result<Told, FieldFault> {
    let days = told.days;
    let root = |number: u32| {
        let day = days.iter().find(|day| day.day == number);
        match day.map(|day| day.root.as_str()) {
            Some("rooted") => Root::Rooted,
            Some("open") => Root::Open,
            Some("other") => Root::Other,
            _ => Root::Unrooted,
        }
    };
    let readings = told.readings.into_iter().map(|reading| {
        let root = root(reading.day);
        reading_of(reading, root)
    });
    Ok(Told {
        readings: readings.collect::<Result<_, _>>()?,
        others_left: told.others_left,
        own_left: told.own_left,
        at: UnixMillis(told.at_ms),
        first: Day::new(told.first),
        unread: told.unread.into_iter().filter_map(Day::new).collect(),
    })
}

fn reading_of(reading: v1::Reading, root: Root) -> Result<Reading, FieldFault> {
    let certificate = reading.certificate.as_ref().try_into();
    let certificate = certificate.map_err(|_| FieldFault::Form {
        field: "certificate",
        expected: "32 bytes",
    })?;
    Ok(Reading {
        at: UnixMillis(reading.at_ms),
        holder: reading.holder,
        certificate: Hash(certificate).to_string(),
        method: reading.method,
        answer: reading.answer,
        business: reading.business,
        case_number: reading.case_number,
        root,
    })
}
