//! Random federations, and what honest nodes state of them.

use crate::{
    federation::{Asked, Chain, Cosigner, Federation, Part, View},
    names::checked,
    records::{birth, contribution, enrolment, link},
};
use rand::{RngExt, seq::IndexedRandom};
use rand_chacha::ChaCha8Rng;
use std::collections::BTreeSet;
use yizhang_ledger::{
    person::{AccountId, NumberSalt, SocialSecurityNumber},
    roster::KeyKind,
};
use yizhang_statement::{Content, Opening, PersonShown, StatedAs, Statement};

/// Persons with records of their own; behind them stand the two accounts of one more.
const PERSONS: usize = 6;
const NUMBERS: [&str; 3] = ["110000199003071231", "110000199003071258", "H12345678"];

/// A federation, another one with chains of the same regions, and what the nodes of the first state.
pub(crate) struct Round {
    pub(crate) federation: Federation,
    pub(crate) other: Federation,
    pub(crate) people: Vec<AccountId>,
    pub(crate) honest: Vec<Honest>,
}

/// An honest statement.
pub(crate) struct Honest {
    pub(crate) asked: Asked,
    pub(crate) content: Content,
    pub(crate) issuer: usize,
    pub(crate) opening: Opening,
    pub(crate) is_revealed: bool,
    pub(crate) bytes: Vec<u8>,
}

impl Round {
    pub(crate) fn new(rng: &mut ChaCha8Rng) -> Self {
        let chains = rng.random_range(1..=4);
        let people: Vec<AccountId> = (0..PERSONS + 2).map(|_| AccountId(rng.random())).collect();
        let federation = federation(rng, 1, chains, &people);
        let other = self::federation(rng, 2, chains, &people);
        let mut round = Self {
            federation,
            other,
            people,
            honest: Vec::new(),
        };
        for _ in 0..crate::HONEST {
            let honest = round.state(rng);
            round.honest.push(honest);
        }
        round
    }

    fn state(&self, rng: &mut ChaCha8Rng) -> Honest {
        let asked = self.ask(rng);
        let mut content = self.federation.content(&asked);
        let opening = Opening {
            salt: NumberSalt(rng.random()),
            number: SocialSecurityNumber::parse(NUMBERS.choose(rng).unwrap()).unwrap(),
        };
        let is_known = rng.random_bool(0.8);
        content.subject.commitment = is_known.then(|| opening.salt.commit(&opening.number));
        // Version 3 has another root key; what leads to it from version 1 may also begin before it.
        let issuer = rng.random_range(0..self.federation.chains.len());
        let mut bytes = self.federation.seal(&content, issuer);
        let is_revealed = is_known && rng.random_bool(0.3);
        if is_revealed {
            bytes = Statement::reveal(&bytes, &opening).unwrap();
        }
        Honest {
            asked,
            content,
            issuer,
            opening,
            is_revealed,
            bytes,
        }
    }

    fn ask(&self, rng: &mut ChaCha8Rng) -> Asked {
        let who = rng.random_range(0..=PERSONS + 1);
        let twins: BTreeSet<AccountId> = self.people[PERSONS..].iter().copied().collect();
        let (owner, accounts) = match self.people.get(who) {
            Some(person) if who < PERSONS => (*person, [*person].into()),
            Some(twin) if who == PERSONS => (*twin, twins),
            _ => {
                let nobody = AccountId(rng.random());
                (nobody, [nobody].into())
            }
        };
        let is_single = accounts.len() == 1;
        let mut views = std::collections::BTreeMap::new();
        for of in 0..self.federation.chains.len() {
            // What links two accounts must be there, or they are not one person's.
            let is_needed = !is_single && of == 0;
            if is_needed || rng.random_bool(0.9) {
                views.insert(of, self.view(rng, of, is_needed));
            }
        }
        let part = *[Part::Nothing, Part::Digest, Part::Whole]
            .choose(rng)
            .unwrap();
        Asked {
            owner,
            accounts,
            part,
            views,
        }
    }

    fn view(&self, rng: &mut ChaCha8Rng, of: usize, is_needed: bool) -> View {
        let ends = &self.federation.chains[of].ends;
        let size = if is_needed || rng.random_bool(0.7) {
            *ends.last().unwrap()
        } else {
            *ends.choose(rng).unwrap()
        };
        let register = self.federation.register_at(of, size);
        let behind: Vec<usize> = register.map_or_else(Vec::new, |at| {
            ends.iter().copied().filter(|end| *end > at).collect()
        });
        let cosigned = behind.choose(rng).filter(|_| rng.random_bool(0.4));
        let cosigned = cosigned.map(|size| (*size, self.cosigners(rng, of)));
        View {
            size: Some(size),
            cosigners: self.cosigners(rng, of),
            cosigned,
            without_register: rng.random_bool(0.1),
        }
    }

    /// At most four, each once.
    fn cosigners(&self, rng: &mut ChaCha8Rng, of: usize) -> Vec<Cosigner> {
        let mut cosigners = Vec::new();
        for region in (0..self.federation.chains.len()).filter(|region| *region != of) {
            for kind in [KeyKind::Mirror, KeyKind::Witness] {
                if cosigners.len() < 4 && rng.random_bool(0.5) {
                    cosigners.push(Cosigner {
                        region,
                        kind,
                        seconds: rng.random_range(1_795_000_000..1_797_000_000),
                    });
                }
            }
        }
        cosigners
    }
}

fn federation(rng: &mut ChaCha8Rng, seed: u8, chains: usize, people: &[AccountId]) -> Federation {
    let mut federation = Federation::new(seed, chains);
    let mut serial = 0;
    for (at, chain) in federation.chains.iter_mut().enumerate() {
        grow(rng, chain, at, people, &mut serial);
    }
    federation
}

fn grow(
    rng: &mut ChaCha8Rng,
    chain: &mut Chain,
    at: usize,
    people: &[AccountId],
    serial: &mut u32,
) {
    let (singles, twins) = people.split_at(PERSONS);
    let mut next = || {
        *serial += 1;
        serial.to_string()
    };
    if at == 0 {
        chain.append(&[
            birth(twins[0], &next()),
            link(twins[0], twins[1], &next()),
            birth(twins[1], &next()),
        ]);
    }
    for _ in 0..rng.random_range(0..=4) {
        let who = if at == 0 { people } else { singles };
        let records = (0..rng.random_range(1..=8)).map(|_| {
            let account = *who.choose(rng).unwrap();
            let serial = next();
            match rng.random_range(0..4) {
                0 => birth(account, &serial),
                1 => enrolment(account, 440_100, &serial),
                _ => contribution(account, 440_100, rng.random_range(1..=12), &serial),
            }
        });
        let records: Vec<Vec<u8>> = records.collect();
        chain.append(&records);
        if rng.random_bool(0.5) {
            chain.commit();
        }
    }
}

impl Honest {
    /// It is believed, and shows what it should.
    pub(crate) fn check(&self, round: &Round, again: &str) {
        let shown = checked(&self.bytes, round.federation.trusted());
        let shown = shown.unwrap_or_else(|fault| panic!("honest, and {fault}; {again}"));
        assert_eq!(shown.owner, self.asked.owner, "{again}");
        let stated = match self.asked.part {
            Part::Nothing => StatedAs::Nothing,
            Part::Digest | Part::Whole => StatedAs::Same,
        };
        assert_eq!(shown.stated, stated, "{again}");
        let person = match self.content.subject.commitment {
            None => PersonShown::Unknown,
            Some(_) if self.is_revealed => PersonShown::Revealed(self.opening.number.clone()),
            Some(_) => PersonShown::Hidden,
        };
        assert_eq!(shown.person, person, "{again}");
        let mut records = 0;
        for (of, chain) in shown.chains.iter().enumerate() {
            let view = self.asked.views.get(&of);
            let size = view.and_then(|view| view.size);
            let found = chain.size.map(|size| usize::try_from(size.0).unwrap());
            assert_eq!(found, size, "{again}");
            let shows = view.filter(|view| !view.without_register).and(size);
            let register = shows.and_then(|size| round.federation.register_at(of, size));
            assert_eq!(chain.through.is_some(), register.is_some(), "{again}");
            records += chain.records;
        }
        assert_eq!(shown.checked.records, records, "{again}");
    }
}
