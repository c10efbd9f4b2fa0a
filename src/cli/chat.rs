//! `heikin chat`: the chat in the terminal, over a demo of its own or a heikin that runs.
//!
//! The demo's market goes on and is traded in a thread of its own; this one reads what is typed and
//! shows the replies, as they would come from Telegram. Nothing of the demo outlives it. With
//! `--backend` the replies are those of a heikin that trades, asked over its API.

use std::io::{self, BufRead as _, Stdin, StdinLock, Stdout, Write as _};
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::task::{Context, Poll};
use std::time::Duration;

use clap::Args;
use heikin_bot::backend::{Backend, Mode, Nonce};
use heikin_bot::chat::Bot;
use heikin_bot::message::Picture;
use heikin_bot::remote::Remote;
use heikin_bot::terminal::{Desk, converse};
use heikin_core::time::{Span, Timestamp};
use tokio::io::{AsyncBufRead, AsyncRead, AsyncWrite, ReadBuf};
use tokio::runtime::Builder;
use tokio::sync::watch;
use tokio::task::LocalSet;

use super::demo::session::{HISTORY, Stage};
use super::failure::Failure;
use super::tell::tell;
use crate::config::{Config, Paths, Secrets, Variables};
use crate::control::front::seal::random;
use crate::control::live_gate::LiveGate;
use crate::control::wake::Wake;
use crate::control::{Control, Setup, machine_clock};
use crate::exchange::simulator::Distance;
use crate::store::Layout;

/// How fast the market goes on.
const SPEED: NonZeroU32 = NonZeroU32::MIN;

/// Chat with heikin in the terminal: the chat of Telegram, over a demo of its own.
///
/// With --backend it is attached to a heikin that runs: HEIKIN_BACKEND_TOKEN holds a token of its
/// API with the role owner.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The address of a heikin that runs, such as `http://127.0.0.1:8080`.
    #[arg(long, value_name = "URL", conflicts_with_all = ["seed", "speed"])]
    backend: Option<String>,
    /// The market's seed: the same one gives the same candles.
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Candles per second.
    #[arg(long, value_name = "N", default_value_t = SPEED)]
    speed: NonZeroU32,
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let folder = tempfile::Builder::new()
        .prefix("heikin-chat-")
        .tempdir()
        .map_err(|error| Failure::failed(format!("no folder for pictures: {error}")))?;
    if let Some(address) = &arguments.backend {
        let remote = elsewhere(address, &secrets()?)?;
        tell(&format!("Attached to {address}. Type /help, or `quit`."));
        return chat(remote, folder.path().to_owned());
    }
    let (stop, stopped) = watch::channel(());
    let (ready, opened) = sync_channel(1);
    let demo = Demo {
        seed: arguments.seed,
        between: Duration::from_secs(1) / arguments.speed.get(),
        layout: Layout::new(&folder.path().join("data")),
    };
    let trading = std::thread::spawn(move || demo.run(stopped, &ready));
    let failed = |_gone| Failure::failed("the demo's thread has failed");
    let chatted = match opened.recv() {
        Ok(control) => {
            tell("A demo: made-up market, made-up money. Type /help, or `quit`.");
            chat(control, folder.path().to_owned())
        }
        // It says itself why not.
        Err(_) => Ok(()),
    };
    drop(stop);
    trading.join().map_err(failed)??;
    chatted
}

/// What the environment and `.env` in this folder say.
pub(super) fn secrets() -> Result<Secrets, Failure> {
    let paths = Paths::in_folder("".as_ref());
    Secrets::alone(&paths, &Variables::of_process()).map_err(Failure::bad_input)
}

/// A heikin that runs, by its address and its token.
pub(super) fn elsewhere(address: &str, secrets: &Secrets) -> Result<Remote, Failure> {
    let token = secrets.backend_token.as_ref().ok_or_else(|| {
        Failure::bad_input(
            "there is no HEIKIN_BACKEND_TOKEN: put the token of the heikin at that address into the \
             environment or .env. See docs/api.md",
        )
    })?;
    Remote::new(address, token).map_err(Failure::bad_input)
}

/// What a button is called: by chance of the system. Where it gives none, no button can be pressed.
pub(super) fn drawn() -> Nonce {
    Nonce::from_bits(u128::from_le_bytes(random().unwrap_or([0; 16])))
}

/// Reads and answers until the input ends.
fn chat<B: Backend>(backend: B, pictures: PathBuf) -> Result<(), Failure> {
    let runtime = Builder::new_current_thread().enable_all().build().map_err(Failure::failed)?;
    let bot = Bot::new(backend, drawn);
    let desk = Table { pictures };
    let stdin: Stdin = io::stdin();
    let (mut input, mut output) = (Typed(stdin.lock()), Shown(io::stdout()));
    let talk = converse(&bot, &desk, &mut input, &mut output);
    match runtime.block_on(talk) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Failure::failed(format!("the terminal: {error}")))
        }
        _ => Ok(()),
    }
}

/// A demo that goes on by itself.
struct Demo {
    seed: u64,
    between: Duration,
    layout: Layout,
}

impl Demo {
    fn run(self, stopped: watch::Receiver<()>, ready: &SyncSender<Control>) -> Result<(), Failure> {
        let runtime =
            Builder::new_current_thread().enable_all().build().map_err(Failure::failed)?;
        LocalSet::new().block_on(&runtime, self.trade(stopped, ready))
    }

    async fn trade(
        self,
        mut stopped: watch::Receiver<()>,
        ready: &SyncSender<Control>,
    ) -> Result<(), Failure> {
        std::fs::create_dir_all(self.layout.data()).map_err(Failure::failed)?;
        let stage = Stage::new(self.seed, long_ago())?;
        let wake = Wake::default();
        let layout = Some(self.layout.clone());
        let (mut runner, streams, engine) = stage.start(layout, wake.beside(Box::new(()))).await?;
        // What was before the trading, so that there is something to look at.
        let before = stage.simulator.stepped(Distance::Candles(HISTORY));
        runner.run(before).await.map_err(Failure::failed)?;
        let (control, following) = Control::open(Setup {
            config: Arc::new(demo_config(&self.layout)?),
            layout: self.layout,
            mode: Mode::Demo,
            engine,
            requests: streams.requests.clone(),
            status: runner.status(),
            heartbeat: runner.heartbeat(),
            live_gate: LiveGate::none(),
            clock: machine_clock(),
        })
        .map_err(Failure::failed)?;
        let ended = end(stopped.clone());
        let following = tokio::task::spawn_local(following.run(wake, ended));
        if ready.send(control).is_err() {
            return Ok(());
        }
        loop {
            let next = async {
                tokio::select! {
                    is_over = stopped.changed() => is_over.is_err(),
                    () = pause(self.between) => false,
                }
            };
            if runner.run(next).await.map_err(Failure::failed)? {
                break;
            }
            let stepped = stage.simulator.stepped(Distance::Candles(1));
            runner.run(stepped).await.map_err(Failure::failed)?;
        }
        following.await.map_err(|_gone| Failure::failed("what follows the account has failed"))
    }
}

/// The market's time runs faster than ours: it begins so far back that it is not ahead of ours soon.
fn long_ago() -> Timestamp {
    let day = Span::from_secs(86_400);
    let today = machine_clock()().since(Timestamp::EPOCH).div(day);
    Timestamp::EPOCH + day.times(today - 60)
}

/// The configuration of a folder that holds none.
fn demo_config(layout: &Layout) -> Result<Config, Failure> {
    let none: Variables = std::iter::empty::<(String, String)>().collect();
    Config::load(&Paths::in_folder(layout.data()), &none).map_err(Failure::bad_input)
}

async fn end(mut stopped: watch::Receiver<()>) {
    while stopped.changed().await.is_ok() {}
}

#[expect(clippy::disallowed_methods, reason = "a demo goes on at the pace of whoever looks on")]
async fn pause(length: Duration) {
    tokio::time::sleep(length).await;
}

/// This machine, for the chat.
struct Table {
    pictures: PathBuf,
}

impl Desk for Table {
    fn now(&self) -> Timestamp {
        machine_clock()()
    }

    fn keep(&self, picture: &Picture) -> io::Result<String> {
        let path = self.pictures.join(&picture.name);
        std::fs::write(&path, &picture.png)?;
        Ok(path.display().to_string())
    }
}

/// What is typed. Reading waits in place: the thread has nothing else to do meanwhile.
struct Typed(StdinLock<'static>);

impl AsyncRead for Typed {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let some = self.0.fill_buf()?;
        let count = some.len().min(into.remaining());
        into.put_slice(some.get(..count).unwrap_or_default());
        self.0.consume(count);
        Poll::Ready(Ok(()))
    }
}

impl AsyncBufRead for Typed {
    fn poll_fill_buf(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<&[u8]>> {
        Poll::Ready(self.get_mut().0.fill_buf())
    }

    fn consume(mut self: Pin<&mut Self>, count: usize) {
        self.0.consume(count);
    }
}

/// What is shown.
struct Shown(Stdout);

impl AsyncWrite for Shown {
    fn poll_write(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Poll::Ready(self.0.write(bytes))
    }

    fn poll_flush(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(self.0.flush())
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_flush(context)
    }
}
