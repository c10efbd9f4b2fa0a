//! The public archive as it is laid out, on the loopback.

use std::collections::{BTreeMap, VecDeque};
use std::io::{Cursor, Write as _};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{Response, header};
use futures_util::StreamExt as _;
use futures_util::stream;
use sha2::{Digest as _, Sha256};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

/// What happens to a request instead of its answer.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Fault {
    /// This status, and the time of `Retry-After`.
    Status(u16, Option<u32>),
    /// The connection breaks behind so many bytes.
    Cut(usize),
    /// Nothing more comes behind so many bytes.
    Hang(usize),
    /// The whole file, whatever range was asked for.
    IgnoreRange,
}

/// A request as it came: a path below `/data/spot`, and from which byte on.
pub(crate) type Seen = (String, Option<usize>);

#[derive(Debug, Default)]
struct Content {
    files: BTreeMap<String, Vec<u8>>,
    faults: BTreeMap<String, VecDeque<Fault>>,
    seen: Vec<Seen>,
}

/// An archive that serves until it is dropped.
#[derive(Debug)]
pub(crate) struct Archive {
    address: SocketAddr,
    content: Arc<Mutex<Content>>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Archive {
    pub(crate) fn start() -> Self {
        let content = Arc::<Mutex<Content>>::default();
        let (stop, stopped) = oneshot::channel::<()>();
        let (tell, told) = std::sync::mpsc::sync_channel(1);
        let served = Arc::clone(&content);
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.unwrap().block_on(async {
                let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
                tell.send(listener.local_addr().unwrap()).unwrap();
                let app = axum::Router::new().fallback(answer).with_state(served);
                tokio::select! {
                    ended = async { axum::serve(listener, app).await } => ended.unwrap(),
                    _ = stopped => {}
                }
            });
        });
        Self { address: told.recv().unwrap(), content, stop: Some(stop), thread: Some(thread) }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// A file and its checksum: `monthly/klines/BTCUSDT/1h/BTCUSDT-1h-2024-01.zip`.
    pub(crate) fn put(&self, path: &str, zip: Vec<u8>) {
        let name = path.rsplit('/').next().unwrap();
        self.put_checksum(path, &format!("{}  {name}\n", digest(&zip)));
        self.content.lock().unwrap().files.insert(path.to_owned(), zip);
    }

    pub(crate) fn put_checksum(&self, path: &str, text: &str) {
        let path = format!("{path}.CHECKSUM");
        self.content.lock().unwrap().files.insert(path, text.as_bytes().to_vec());
    }

    pub(crate) fn remove(&self, path: &str) {
        let mut content = self.content.lock().unwrap();
        content.files.remove(path);
        content.files.remove(&format!("{path}.CHECKSUM"));
    }

    /// The next request for this file meets with this.
    pub(crate) fn fault(&self, path: &str, fault: Fault) {
        let mut content = self.content.lock().unwrap();
        content.faults.entry(path.to_owned()).or_default().push_back(fault);
    }

    /// What was asked for since this was asked last.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        std::mem::take(&mut self.content.lock().unwrap().seen)
    }
}

impl Drop for Archive {
    fn drop(&mut self) {
        drop(self.stop.take());
        let ended = self.thread.take().map(JoinHandle::join);
        assert!(ended.is_some_and(|ended| ended.is_ok()), "the archive's thread failed");
    }
}

pub(crate) fn digest(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    let mut hex = String::new();
    for byte in Sha256::digest(bytes) {
        write!(hex, "{byte:02x}").unwrap();
    }
    hex
}

/// A zip with one CSV file, as the archive's are.
pub(crate) fn zip(stem: &str, csv: &str) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let stored = zip::write::SimpleFileOptions::default();
    zip.start_file(format!("{stem}.csv"), stored).unwrap();
    zip.write_all(csv.as_bytes()).unwrap();
    zip.finish().unwrap().into_inner()
}

async fn answer(State(content): State<Arc<Mutex<Content>>>, request: Request) -> Response<Body> {
    let path = request.uri().path().trim_start_matches("/data/spot/").to_owned();
    let range = request.headers().get(header::RANGE).map(|range| {
        let range = range.to_str().unwrap();
        range.strip_prefix("bytes=").unwrap().strip_suffix('-').unwrap().parse().unwrap()
    });
    let (file, fault) = {
        let mut content = content.lock().unwrap();
        content.seen.push((path.clone(), range));
        let fault = content.faults.get_mut(&path).and_then(VecDeque::pop_front);
        (content.files.get(&path).cloned(), fault)
    };
    let answer = Response::builder();
    if let Some(Fault::Status(status, retry_after)) = fault {
        let mut answer = answer.status(status);
        if let Some(seconds) = retry_after {
            answer = answer.header(header::RETRY_AFTER, seconds);
        }
        return answer.body(Body::empty()).unwrap();
    }
    let Some(file) = file else { return answer.status(404).body(Body::empty()).unwrap() };
    let range = range.filter(|_| !matches!(fault, Some(Fault::IgnoreRange)));
    let total = file.len();
    let (answer, bytes) = match range {
        Some(from) if from >= total => {
            return answer.status(416).body(Body::empty()).unwrap();
        }
        Some(from) => {
            let range = format!("bytes {from}-{}/{total}", total - 1);
            (answer.status(206).header(header::CONTENT_RANGE, range), file[from..].to_vec())
        }
        None => (answer, file),
    };
    let answer = answer.header(header::CONTENT_LENGTH, bytes.len());
    let body = match fault {
        Some(Fault::Cut(count)) => {
            let part = Ok(bytes[..count].to_vec());
            // What came before is on its way when the connection breaks.
            let cut = stream::once(async {
                tokio::task::yield_now().await;
                Err(std::io::Error::other("cut"))
            });
            Body::from_stream(stream::iter([part]).chain(cut))
        }
        Some(Fault::Hang(count)) => {
            let part = Ok::<_, std::io::Error>(bytes[..count].to_vec());
            Body::from_stream(stream::iter([part]).chain(stream::pending()))
        }
        _ => Body::from(bytes),
    };
    answer.body(body).unwrap()
}
