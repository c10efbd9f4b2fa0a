//! The client of the port: what it tries again, and how it tells what went wrong.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use heikin_bot::backend::*;
use heikin_bot::remote::{BadAddress, Remote};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use crate::memory::{NOW, OWNER};
use crate::running::{Running, secret};

#[tokio::test]
async fn a_token_goes_to_nobody_in_clear() {
    let token = secret("chat").into();
    for good in
        ["http://127.0.0.1:8080", "http://[::1]:1", "http://localhost", "https://a.example/x"]
    {
        assert!(Remote::new(good, &token).is_ok(), "{good}");
    }
    for far in ["http://10.0.0.7:8080", "http://trader.example.org", "http://127.0.0.1.example.org"]
    {
        assert!(matches!(Remote::new(far, &token), Err(BadAddress::InClear(_))), "{far}");
    }
    for none in ["", "127.0.0.1:8080", "ftp://127.0.0.1", "http://user:pw@127.0.0.1", "http://"] {
        assert!(matches!(Remote::new(none, &token), Err(BadAddress::Unreadable(_))), "{none}");
    }
    let told = format!("{:?}", Remote::new("http://127.0.0.1:8080", &token).unwrap());
    assert!(!told.contains(&secret("chat")), "{told}");
}

#[tokio::test]
async fn what_the_backend_says_arrives_as_it_was_said() {
    let running = Running::start().await;
    let remote = running.remote();
    for error in [
        BackendError::NotFound { what: "trade #17".to_owned() },
        BackendError::Invalid { reason: "too long ago".to_owned() },
        BackendError::Forbidden,
        BackendError::Busy,
        BackendError::Internal { reference: "q-1".to_owned() },
        BackendError::Unreachable { reason: "gone".to_owned() },
    ] {
        *running.memory.fails.lock().unwrap() = Some(error.clone());
        assert_eq!(remote.query(Query::Status).await, Err(error));
    }
}

#[tokio::test]
async fn a_token_that_is_not_for_it_is_told() {
    let running = Running::start().await;
    for (token, word) in [(secret("ops"), "front_end"), ("x".repeat(32), "does not know")] {
        let remote = Remote::new(&running.address(), &token.into()).unwrap();
        let told = remote.query(Query::Status).await.unwrap_err();
        assert!(told.to_string().contains(word), "{told}");
    }
}

/// Takes requests and closes the connection after each without an answer.
async fn silent() -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let seen = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&seen);
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut head = [0; 4096];
            if stream.read(&mut head).await.unwrap() > 0 {
                counted.fetch_add(1, Ordering::Relaxed);
            }
            stream.shutdown().await.unwrap();
        }
    });
    (address, seen)
}

#[tokio::test]
async fn only_what_can_be_repeated_is_tried_again() {
    let (address, seen) = silent().await;
    let remote = Remote::new(&address, &secret("chat").into()).unwrap();
    let unreachable = |error| matches!(error, BackendError::Unreachable { .. });
    assert!(unreachable(remote.query(Query::Status).await.unwrap_err()));
    assert_eq!(seen.swap(0, Ordering::Relaxed), 3);
    let actor =
        Actor { identity: Identity::Telegram { user: OWNER }, name: "Asha".to_owned(), pin: None };
    let request = RequestId("tg-1".to_owned());
    let acted = remote.command(request, actor, Command::StartBot, None).await;
    assert!(unreachable(acted.unwrap_err()));
    assert_eq!(seen.swap(0, Ordering::Relaxed), 3, "a command has its request id");
    let presser = Presser { user: OWNER, chat: ChatId(1), message: MessageId(1) };
    let taken = remote.take_ticket(Nonce::from_bits(1), presser, NOW).await;
    assert!(unreachable(taken.unwrap_err()));
    assert_eq!(seen.load(Ordering::Relaxed), 1, "what was taken is gone");
}

#[tokio::test]
async fn a_lost_answer_does_not_do_it_twice() {
    let running = Running::start().await;
    let (address, lost) = forgetful(running.port).await;
    let remote = Remote::new(&address, &secret("chat").into()).unwrap();
    let actor =
        Actor { identity: Identity::Telegram { user: OWNER }, name: "Asha".to_owned(), pin: None };
    let request = RequestId("tg-7741".to_owned());
    let outcome = remote.command(request, actor, Command::StartBot, None).await.unwrap();
    assert_eq!(outcome, Outcome::Done(Done::Started));
    assert_eq!(lost.load(Ordering::Relaxed), 1);
    assert_eq!(running.memory.done(), [Command::StartBot]);
}

/// Hands requests on, one for each connection, and loses the first answer.
async fn forgetful(port: u16) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let lost = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&lost);
    tokio::spawn(async move {
        loop {
            let (mut near, _) = listener.accept().await.unwrap();
            let mut far = tokio::net::TcpStream::connect(("127.0.0.1", port)).await.unwrap();
            if counted.load(Ordering::Relaxed) > 0 {
                tokio::spawn(
                    async move { tokio::io::copy_bidirectional(&mut near, &mut far).await },
                );
                continue;
            }
            let mut request = vec![0; 16 * 1024];
            let length = near.read(&mut request).await.unwrap();
            far.write_all(&request[..length]).await.unwrap();
            // The answer has come: it was done.
            assert!(far.read(&mut request).await.unwrap() > 0);
            counted.fetch_add(1, Ordering::Relaxed);
        }
    });
    (address, lost)
}

#[tokio::test]
async fn what_answers_otherwise_is_not_heikin() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut head = [0; 4096];
            let _length = stream.read(&mut head).await.unwrap();
            let answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok";
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
    });
    let remote = Remote::new(&address, &secret("chat").into()).unwrap();
    let told = remote.outbox(Cursor::START, 1).await.unwrap_err();
    assert!(matches!(&told, BackendError::Invalid { reason } if reason.contains("not heikin")));
}
