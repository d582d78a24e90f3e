//! The signals that ask a program to end.

use tokio::{
    runtime,
    signal::unix::{Signal, SignalKind, signal},
    sync::watch,
};

/// Ctrl-C, SIGTERM, and SIGHUP, which comes when the terminal is closed.
pub(crate) struct StopSignals {
    interrupt: Signal,
    terminate: Signal,
    hang_up: Signal,
}

impl StopSignals {
    /// From now on these signals no longer end the process by themselves. Must be called on a runtime.
    pub(crate) fn listen() -> std::io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hang_up: signal(SignalKind::hangup())?,
        })
    }

    /// Returns when one of them has come since the last call.
    pub(crate) async fn asked(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
            _ = self.hang_up.recv() => {}
        }
    }
}

/// The same for a program that runs on one runtime after the other: no signal is lost between them.
pub(crate) struct AskedToStop {
    times: watch::Receiver<u32>,
    /// How often it was asked, as far as the program knows.
    heard: u32,
}

impl AskedToStop {
    /// From now on the signals no longer end the process by themselves. A thread waits for them, as long as the process lives.
    pub(crate) fn listen() -> std::io::Result<Self> {
        let (sender, times) = watch::channel(0_u32);
        let runtime = runtime::Builder::new_current_thread().enable_io().build()?;
        let guard = runtime.enter();
        let mut signals = StopSignals::listen()?;
        drop(guard);
        std::thread::spawn(move || {
            runtime.block_on(async {
                loop {
                    signals.asked().await;
                    sender.send_modify(|times| *times = times.saturating_add(1));
                }
            });
        });
        Ok(Self { times, heard: 0 })
    }

    /// Returns when a signal has come since the last call.
    pub(crate) async fn asked(&mut self) {
        let heard = self.heard;
        match self.times.wait_for(|times| *times > heard).await {
            Ok(times) => self.heard = *times,
            // The thread has ended: nothing comes any more.
            Err(_) => std::future::pending().await,
        }
    }
}
