//! The suite of the port, in process and over HTTP.

use std::sync::Arc;

use heikin_bot::backend::{Backend, UserId};
use heikin_bot::conformance::{self, Bench};
use heikin_core::time::Timestamp;

use crate::memory::{Memory, NOW, OWNER};
use crate::running::{Running, Shared};

struct Subject<B> {
    backend: B,
    memory: Arc<Memory>,
}

impl<B: Backend> Bench for Subject<B> {
    type Backend = B;

    fn backend(&self) -> &B {
        &self.backend
    }

    fn owner(&self) -> UserId {
        OWNER
    }

    fn stranger(&self) -> UserId {
        UserId(999_999)
    }

    fn now(&self) -> Timestamp {
        NOW
    }

    fn run(&self) -> u32 {
        1
    }

    async fn cause_alert(&self) {
        self.memory.alert();
    }
}

#[tokio::test]
async fn a_backend_in_process_keeps_to_the_port() {
    let memory = Arc::new(Memory::new());
    let backend = Shared(Arc::clone(&memory));
    conformance::all(&Subject { backend, memory }).await.unwrap();
}

#[tokio::test]
async fn the_same_backend_over_http_keeps_to_the_port() {
    let running = Running::start().await;
    let (backend, memory) = (running.remote(), Arc::clone(&running.memory));
    conformance::all(&Subject { backend, memory }).await.unwrap();
}
