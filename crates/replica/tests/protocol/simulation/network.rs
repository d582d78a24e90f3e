//! Connections: a node watches another and fetches from it; what is sent is late, lost, doubled or overtaken.

use super::federation::{Event, Federation};
use crate::world::{origin, peer};
use rand::RngExt;
use std::{collections::BTreeMap, fmt};
use yizhang_ledger::{batch::Batch, hash::derive, head::Origin, value::TreeSize};
use yizhang_replica::{Contradiction, FetchId, Input, PeerId};

/// What goes over a connection.
#[derive(Clone, Debug)]
pub(super) enum Message {
    // From the one that watches.
    Fetch {
        fetch: FetchId,
        origin: Origin,
        from: TreeSize,
        batches: usize,
    },
    ReadMore {
        fetch: FetchId,
        batches: usize,
    },
    Cancel {
        fetch: FetchId,
    },
    // To the one that watches.
    Announce {
        heads: Vec<Vec<u8>>,
        /// Heads with lines of cosigners.
        cosigned: Vec<Vec<u8>>,
        complete: bool,
    },
    Shown(Contradiction),
    Batch {
        fetch: FetchId,
        bytes: Vec<u8>,
        head: Vec<u8>,
    },
    /// No batch starts there.
    Refused {
        fetch: FetchId,
    },
    End {
        fetch: FetchId,
    },
}

impl Message {
    const fn is_for_watcher(&self) -> bool {
        matches!(
            self,
            Self::Announce { .. }
                | Self::Shown(_)
                | Self::Batch { .. }
                | Self::Refused { .. }
                | Self::End { .. }
        )
    }
}

impl fmt::Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The first two lines of a head: whose, and how large.
        let head = |note: &Vec<u8>| {
            let text = String::from_utf8_lossy(note).into_owned();
            text.split('\n').take(2).collect::<Vec<_>>().join(" ")
        };
        match self {
            Self::Announce {
                heads,
                cosigned,
                complete,
            } => {
                let heads: Vec<_> = heads.iter().map(head).collect();
                let cosigned: Vec<_> = cosigned.iter().map(head).collect();
                write!(
                    f,
                    "announces {heads:?}, cosigned {cosigned:?}{}",
                    if *complete { " and no more" } else { "" }
                )
            }
            Self::Shown(Contradiction { heads, beginning }) => {
                let tied = if beginning.is_some() { ", tied" } else { "" };
                let [first, second] = heads.each_ref().map(head);
                write!(f, "shows {first} against {second}{tied}")
            }
            Self::Batch {
                fetch,
                head: note,
                bytes,
            } => {
                let content = derive("yizhang test trace", &[bytes]);
                write!(f, "batch {content:?} for {fetch:?} up to {}", head(note))
            }
            other => write!(f, "{other:?}"),
        }
    }
}

/// A fetch as its source sees it.
#[derive(Debug)]
pub(super) struct Serving {
    pub(super) origin: Origin,
    pub(super) at: TreeSize,
    pub(super) credit: usize,
}

#[derive(Debug)]
pub(super) struct Connection {
    pub(super) watcher: usize,
    pub(super) source: usize,
    pub(super) serving: BTreeMap<FetchId, Serving>,
    /// When the last message in each direction arrives.
    last: [u64; 2],
    /// Whether the source has crashed or cut it; the watcher will notice.
    dead: bool,
}

impl Federation {
    pub(super) fn connect(&mut self, node: usize, to: usize) {
        let life = self.nodes[node].life;
        let is_up = self
            .villain
            .as_ref()
            .is_some_and(|villain| villain.node == to)
            || self
                .nodes
                .get(to)
                .is_some_and(|source| source.replica.is_some());
        if self.connection_of(node, to).is_some() {
            return;
        }
        // Whom a roster does not name is not talked to.
        let is_known = self.knows(node, to) && self.knows(to, node);
        if !is_up || !is_known || self.is_cut(node, to) || self.is_cut(to, node) {
            let pause = 200 + self.up_to(800);
            return self.at(self.now + pause, Event::Connect { node, life, to });
        }
        let number = self.next_connection;
        self.next_connection += 1;
        let connection = Connection {
            watcher: node,
            source: to,
            serving: BTreeMap::new(),
            last: [self.now; 2],
            dead: false,
        };
        self.connections.insert(number, connection);
        self.feed(node, Input::PeerConnected(peer(to)));
        if let Some(source) = self.nodes.get(to) {
            for shown in source.disk.files.proofs().collect::<Vec<_>>() {
                self.send(number, Message::Shown(shown));
            }
        }
        let heads = match self
            .nodes
            .get(to)
            .and_then(|source| source.replica.as_ref())
        {
            Some(replica) => replica.heads(),
            None => self.villain_heads(node),
        };
        self.send(
            number,
            Message::Announce {
                heads,
                cosigned: self.cosigned_by_all(to),
                complete: true,
            },
        );
    }

    fn is_cut(&self, from: usize, to: usize) -> bool {
        self.cut.contains(&(from, to))
    }

    fn connection_of(&self, watcher: usize, source: usize) -> Option<u64> {
        let found = self
            .connections
            .iter()
            .find(|(_, open)| open.watcher == watcher && open.source == source);
        found.map(|(number, _)| *number)
    }

    pub(super) fn send_to(&mut self, node: usize, to: PeerId, message: Message) {
        if let Some(connection) = self.connection_of(node, self.number_of(to)) {
            self.send(connection, message);
        }
    }

    /// To every node that this one watches; numbers of fetches tell them whose it is.
    pub(super) fn send_to_all(&mut self, node: usize, message: &Message) {
        let open = self
            .connections
            .iter()
            .filter(|(_, open)| open.watcher == node);
        for connection in open.map(|(number, _)| *number).collect::<Vec<_>>() {
            self.send(connection, message.clone());
        }
    }

    pub(super) fn send_to_watchers(&mut self, node: usize, message: &Message) {
        let open = self
            .connections
            .iter()
            .filter(|(_, open)| open.source == node);
        for connection in open.map(|(number, _)| *number).collect::<Vec<_>>() {
            self.send(connection, message.clone());
        }
    }

    pub(super) fn send(&mut self, number: u64, message: Message) {
        let (raw, delay, loss) = (
            self.plan.raw_network && !self.calm,
            self.plan.delay,
            self.plan.loss,
        );
        let Some(connection) = self.connections.get(&number) else {
            return;
        };
        let (mut from, mut to) = (connection.watcher, connection.source);
        if message.is_for_watcher() {
            (from, to) = (to, from);
        }
        let is_lost = self.chance(loss, 1_000);
        if self.is_cut(from, to) || (is_lost && !raw) {
            // Later messages do not arrive either: the stream waits for this one until somebody gives up.
            if let Some(connection) = self.connections.get_mut(&number)
                && !std::mem::replace(&mut connection.dead, true)
            {
                let pause = 300 + self.up_to(3_000);
                self.at(self.now + pause, Event::Broken { connection: number });
            }
            return;
        }
        if is_lost {
            return;
        }
        let mut at = self.now + self.up_to(delay);
        let direction = usize::from(message.is_for_watcher());
        if raw {
            if message.is_for_watcher() && self.rng.random_ratio(1, 20) {
                let again = at + self.up_to(delay);
                self.at(
                    again,
                    Event::Message {
                        connection: number,
                        message: message.clone(),
                    },
                );
            }
        } else if let Some(connection) = self.connections.get_mut(&number) {
            at = at.max(connection.last[direction]);
            connection.last[direction] = at;
        }
        self.at(
            at,
            Event::Message {
                connection: number,
                message,
            },
        );
    }

    pub(super) fn deliver(&mut self, number: u64, message: Message) {
        let Some(connection) = self.connections.get_mut(&number) else {
            return;
        };
        if connection.dead {
            return;
        }
        let (watcher, source) = (connection.watcher, connection.source);
        match message {
            Message::Fetch {
                fetch,
                origin,
                from,
                batches,
            } => {
                connection.serving.insert(
                    fetch,
                    Serving {
                        origin,
                        at: from,
                        credit: batches,
                    },
                );
                self.serve(number, fetch);
            }
            Message::ReadMore { fetch, batches } => {
                if let Some(serving) = connection.serving.get_mut(&fetch) {
                    serving.credit += batches;
                    self.serve(number, fetch);
                }
            }
            Message::Cancel { fetch } => {
                connection.serving.remove(&fetch);
            }
            Message::Announce {
                heads,
                cosigned,
                complete,
            } => {
                if !cosigned.is_empty() {
                    let heads = cosigned
                        .iter()
                        .map(|head| self.checked(watcher, head))
                        .collect();
                    let peer = peer(source);
                    self.feed(watcher, Input::CosignaturesShown { peer, heads });
                }
                let heads = heads
                    .iter()
                    .map(|head| self.checked(watcher, head))
                    .collect();
                self.feed(
                    watcher,
                    Input::Announced {
                        peer: peer(source),
                        heads,
                        complete,
                    },
                );
            }
            Message::Shown(shown) => {
                let contradiction = Box::new(self.checked_pair(watcher, shown));
                self.feed(
                    watcher,
                    Input::Shown {
                        peer: peer(source),
                        contradiction,
                    },
                );
            }
            Message::Batch { fetch, bytes, head } => {
                let input = match Batch::parse(bytes) {
                    Ok(batch) => Input::Fetched {
                        fetch,
                        batch: Box::new(batch),
                        head: self.checked(watcher, &head),
                    },
                    Err(fault) => Input::FetchedInvalid { fetch, fault },
                };
                self.feed(watcher, input);
            }
            Message::Refused { fetch } => self.feed(watcher, Input::FetchRefused { fetch }),
            Message::End { fetch } => self.feed(watcher, Input::FetchEnded { fetch }),
        }
    }

    /// Sends what a fetch may have now.
    fn serve(&mut self, number: u64, fetch: FetchId) {
        let Some(source) = self
            .connections
            .get(&number)
            .map(|connection| connection.source)
        else {
            return;
        };
        if self
            .villain
            .as_ref()
            .is_some_and(|villain| villain.node == source)
        {
            return self.villain_serves(number, fetch);
        }
        loop {
            let Some(connection) = self.connections.get_mut(&number) else {
                return;
            };
            let Some(serving) = connection.serving.get_mut(&fetch) else {
                return;
            };
            if serving.credit == 0 {
                return;
            }
            let Some((bytes, head, size)) = next_batch(&self.nodes[source], source, serving) else {
                let served = connection.serving.remove(&fetch);
                let (origin, at) = served.map(|served| (served.origin, served.at)).unwrap();
                let files = &self.nodes[source].disk.files;
                let is_at_an_end = at == TreeSize(0) || files.frame_ending(&origin, at).is_some();
                let message = if is_at_an_end {
                    Message::End { fetch }
                } else {
                    self.counts.count("fetches refused");
                    Message::Refused { fetch }
                };
                return self.send(number, message);
            };
            serving.credit -= 1;
            serving.at = size;
            self.send(number, Message::Batch { fetch, bytes, head });
        }
    }

    /// The watcher notices that the other side is gone.
    pub(super) fn broken(&mut self, number: u64) {
        let Some(connection) = self.connections.remove(&number) else {
            return;
        };
        let (node, to) = (connection.watcher, connection.source);
        let life = self.nodes[node].life;
        self.feed(node, Input::PeerLost(peer(to)));
        let pause = self.up_to(500);
        self.at(self.now + pause, Event::Connect { node, life, to });
    }

    /// The watcher drops a connection by its own will and tries again later.
    pub(super) fn drop_connection(&mut self, node: usize, to: usize) {
        let Some(number) = self.connection_of(node, to) else {
            return;
        };
        self.connections.remove(&number);
        let life = self.nodes[node].life;
        let pause = 500 + self.up_to(1_000);
        self.at(self.now + pause, Event::Connect { node, life, to });
    }

    pub(super) fn drop_connections_of(&mut self, node: usize) {
        self.connections.retain(|_, open| open.watcher != node);
        let open: Vec<_> = self
            .connections
            .iter()
            .filter(|(_, open)| open.source == node)
            .map(|(number, _)| *number)
            .collect();
        for number in open {
            if let Some(connection) = self.connections.get_mut(&number)
                && !std::mem::replace(&mut connection.dead, true)
            {
                let pause = self.up_to(2_000);
                self.at(self.now + pause, Event::Broken { connection: number });
            }
        }
    }
}

/// The next batch that an honest node serves: durable, and signed.
fn next_batch(
    node: &super::federation::Node,
    number: usize,
    serving: &Serving,
) -> Option<(Vec<u8>, Vec<u8>, TreeSize)> {
    let frames = node.disk.files.chains.get(&serving.origin)?;
    let frame = frames
        .iter()
        .find(|frame| frame.before.size() == serving.at)?;
    let size = frame.after.size();
    if serving.origin == origin(number) {
        // What is signed but not yet announced stays here.
        let status = node.replica.as_ref()?.chain(&serving.origin)?;
        let unsigned = status.head.is_none() && status.durable == size;
        if unsigned || status.durable < size {
            return None;
        }
    }
    let head = node.disk.head(&serving.origin, size)?.clone();
    Some((frame.bytes.clone(), head, size))
}
