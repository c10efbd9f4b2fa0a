//! The chat without Telegram: the same replies as plain text, their buttons numbered.
//!
//! Whoever sits at the terminal can read the data folder, and so acts as the owner. A number presses
//! the button of that number, of the last message that had buttons; anything else is typed.

mod screen;

use std::io;

use heikin_core::time::Timestamp;
use tokio::io::{
    AsyncBufRead, AsyncBufReadExt as _, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _,
};

use crate::backend::{Backend, ChatId, MessageId, UpdateId, UserId};
use crate::chat::Bot;
use crate::message::{
    Chat, ChatKind, Content, Event, Origin, Picture, Press, Sender, Step, Update, User,
};

pub use screen::Screen;

/// The longest line that is read, in bytes; the rest of it is the next line.
const LONGEST_LINE: u64 = 8_192;

/// What the chat needs of the machine that it runs on.
pub trait Desk {
    /// The time.
    fn now(&self) -> Timestamp;
    /// Puts a picture where it can be looked at, and says where that is.
    fn keep(&self, picture: &Picture) -> io::Result<String>;
}

/// Reads lines and shows replies until the input ends or somebody types `quit`.
pub async fn converse<B, D, R, W>(
    bot: &Bot<B>,
    desk: &D,
    input: &mut R,
    output: &mut W,
) -> io::Result<()>
where
    B: Backend,
    D: Desk,
    R: AsyncBufRead + Unpin,
    W: AsyncWrite + Unpin,
{
    let mut screen = Screen::default();
    // Ids are never used again: a backend knows a request by them.
    let mut update = u64::try_from(desk.now().millis()).unwrap_or(0).saturating_mul(1_000);
    let mut line = "/start".to_owned();
    loop {
        update += 1;
        let incoming = screen.read(line.trim(), UpdateId(update), desk.now());
        match incoming {
            Ok(incoming) => answer(bot, desk, &mut screen, (&incoming, output)).await?,
            Err(hint) => output.write_all(format!("{hint}\n").as_bytes()).await?,
        }
        output.write_all(b"\n> ").await?;
        output.flush().await?;
        line.clear();
        let mut limited = (&mut *input).take(LONGEST_LINE);
        if limited.read_line(&mut line).await? == 0 || matches!(line.trim(), "quit" | "exit") {
            return Ok(());
        }
    }
}

async fn answer<B: Backend, D: Desk, W: AsyncWrite + Unpin>(
    bot: &Bot<B>,
    desk: &D,
    screen: &mut Screen,
    (update, output): (&Update, &mut W),
) -> io::Result<()> {
    let reply = bot.handle(update, desk.now()).await;
    for step in &reply.steps {
        let message = match step {
            Step::Send(message) | Step::Edit(_, message) => message,
            Step::Disarm(_) | Step::Delete(_) => continue,
        };
        let kept = match &message.body {
            crate::message::Body::Picture(picture, _) => Some(desk.keep(picture)?),
            crate::message::Body::Text(_) => None,
        };
        let (number, text) = screen.show(message, kept.as_deref());
        if message.needs_number()
            && let Err(error) = bot.shown(update, message, number, desk.now()).await
        {
            output
                .write_all(format!("The buttons below do nothing: {error}.\n").as_bytes())
                .await?;
        }
        output.write_all(text.as_bytes()).await?;
    }
    if let Some(toast) = &reply.toast {
        output.write_all(format!("({})\n", toast.text).as_bytes()).await?;
    }
    Ok(())
}

/// Whoever sits at the terminal.
const fn here() -> Chat {
    Chat { id: ChatId(0), kind: ChatKind::Terminal }
}

impl Screen {
    /// What a typed line means; a hint where it is the number of no button.
    fn read(&self, line: &str, id: UpdateId, now: Timestamp) -> Result<Update, String> {
        let event = match self.button(line) {
            Some(Ok((message, Press::Data(data)))) => {
                Event::Press { callback: String::new(), message: Some(message), data: data.clone() }
            }
            Some(Ok((_, Press::Url(url)))) => return Err(format!("Open {url}")),
            Some(Err(most)) => {
                return Err(match most {
                    0 => "There is no button to press; /menu has some.".to_owned(),
                    most => format!("Buttons are numbered 1 to {most}."),
                });
            }
            None => Event::Message {
                id: MessageId(0),
                content: Content::Text(line.to_owned()),
                origin: Origin::Typed,
            },
        };
        let sender = Sender::User(User { id: UserId(0), name: "terminal".to_owned() });
        Ok(Update { id, sent_at: now, sender, chat: here(), event })
    }
}
