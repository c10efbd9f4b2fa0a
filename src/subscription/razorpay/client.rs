use std::time::Duration;

use heikin_core::time::Span;
use reqwest::header::{CONTENT_TYPE, RETRY_AFTER};
use reqwest::{Method, StatusCode};

use super::super::contact::Contact;
use super::super::event::Purchase;
use super::super::ids::{DisputeId, LinkId, PaymentId, Reference};
use super::super::provider::{ObservedDispute, ObservedLink, ObservedPayment};
use super::keys::ApiKeys;
use super::wire::{self, CreateLink, ErrorBody, WireError};

/// Where Razorpay is.
pub const PRODUCTION: &str = "https://api.razorpay.com";

const TIMEOUT: Duration = Duration::from_secs(15);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const LARGEST_BODY: usize = 1 << 20;

/// Why there is no client.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// Keys would go over a wire in the clear.
    #[error("{0} is neither https nor on this machine: the API key would be sent in the clear")]
    InTheClear(String),
    /// The library says why.
    #[error("the HTTP client for Razorpay cannot be set up: {0}")]
    Library(#[from] reqwest::Error),
}

/// What an answer means where it is not what was asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ApiError {
    /// Nothing was sent.
    #[error("Razorpay cannot be reached. heikin asks again by itself")]
    NotSent,
    /// It may have been carried out: no answer, a broken one, or one of a failing server.
    #[error("Razorpay gave no clear answer ({0}). heikin looks up what became of it")]
    Unknown(String),
    /// Too many requests.
    #[error("Razorpay asks for fewer requests. heikin asks again later")]
    Throttled {
        /// Not before this long, where it was said.
        wait: Option<Span>,
    },
    /// The key.
    #[error(
        "Razorpay refuses the API key. Check RAZORPAY_KEY_ID and RAZORPAY_KEY_SECRET, and whether \
         the key was renewed in the dashboard"
    )]
    Unauthorized,
    /// This reference has a link already.
    #[error("there is a payment link with this reference already")]
    AlreadyAttempted,
    /// It was refused, and will be again.
    #[error("Razorpay refuses: {description} ({code})")]
    Refused {
        /// Its code.
        code: String,
        /// What it says.
        description: String,
    },
}

impl From<WireError> for ApiError {
    fn from(error: WireError) -> Self {
        Self::Unknown(error.to_string())
    }
}

/// How Razorpay itself tells a payer of a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Medium {
    /// By a text message.
    Sms,
    /// By email.
    Email,
}

/// A client that goes where it is told and sends everything once.
#[derive(Debug, Clone)]
pub struct Client {
    http: reqwest::Client,
    base: String,
    keys: ApiKeys,
    callback: Option<String>,
}

impl Client {
    /// A client of [`PRODUCTION`], or of a stand-in on this machine. `callback` is the page that
    /// payers come back to.
    ///
    /// # Errors
    ///
    /// Where the address is neither, or the library cannot be set up.
    pub fn new(base: &str, keys: ApiKeys, callback: Option<String>) -> Result<Self, ClientError> {
        let base = base.trim_end_matches('/').to_owned();
        let is_loopback = ["http://127.0.0.1:", "http://[::1]:", "http://localhost:"]
            .iter()
            .any(|begin| base.starts_with(begin))
            && !base.contains('@');
        if !base.starts_with("https://") && !is_loopback {
            return Err(ClientError::InTheClear(base));
        }
        let http = reqwest::Client::builder()
            .user_agent(concat!("heikin/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .no_proxy()
            .https_only(!is_loopback)
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(TIMEOUT)
            .build()?;
        Ok(Self { http, base, keys, callback })
    }

    /// Makes a link for a purchase. Where it may have been made already, that one is looked up by our
    /// reference and taken.
    ///
    /// # Errors
    ///
    /// Where there is none, or it is not known whether there is.
    pub async fn create(
        &self,
        purchase: &Purchase,
        contact: &Contact,
    ) -> Result<ObservedLink, ApiError> {
        let request = CreateLink::new(purchase, contact, self.callback.as_deref());
        let body =
            serde_json::to_vec(&request).map_err(|error| ApiError::Unknown(error.to_string()))?;
        let made = self.send(Method::POST, "/v1/payment_links", Some(body)).await;
        let why = match made.and_then(|body| Ok(wire::link(&body)?)) {
            Err(why @ (ApiError::Unknown(_) | ApiError::AlreadyAttempted)) => why,
            settled => return settled,
        };
        tracing::warn!(target: "api", reference = %purchase.reference, %why, "looking a link up");
        let found = self.fetch_by_reference(&purchase.reference).await?;
        found.ok_or_else(|| ApiError::Unknown("there is no such link yet".to_owned()))
    }

    /// A link by its id.
    ///
    /// # Errors
    ///
    /// As [`ApiError`] has it.
    pub async fn fetch(&self, link: &LinkId) -> Result<ObservedLink, ApiError> {
        let body = self.get(&format!("/v1/payment_links/{link}")).await?;
        Ok(wire::link(&body)?)
    }

    /// The link of a reference; none where there is none.
    ///
    /// # Errors
    ///
    /// As [`ApiError`] has it.
    pub async fn fetch_by_reference(
        &self,
        reference: &Reference,
    ) -> Result<Option<ObservedLink>, ApiError> {
        let body = self.get(&format!("/v1/payment_links?reference_id={reference}")).await?;
        let links = wire::links(&body)?;
        // A server that does not know the filter answers with everything.
        Ok(links.into_iter().find(|link| link.reference == reference.as_str()))
    }

    /// The link that a payment was made on; none where it was made otherwise.
    ///
    /// # Errors
    ///
    /// As [`ApiError`] has it.
    pub async fn fetch_by_payment(
        &self,
        payment: &PaymentId,
    ) -> Result<Option<ObservedLink>, ApiError> {
        let body = self.get(&format!("/v1/payment_links?payment_id={payment}")).await?;
        let mut links = wire::links(&body)?;
        // More than one is an answer to another question.
        Ok(if links.len() == 1 { links.pop() } else { None })
    }

    /// A payment.
    ///
    /// # Errors
    ///
    /// As [`ApiError`] has it.
    pub async fn payment(&self, payment: &PaymentId) -> Result<ObservedPayment, ApiError> {
        let body = self.get(&format!("/v1/payments/{payment}")).await?;
        Ok(wire::payment(&body)?)
    }

    /// A dispute.
    ///
    /// # Errors
    ///
    /// As [`ApiError`] has it.
    pub async fn dispute(&self, dispute: &DisputeId) -> Result<ObservedDispute, ApiError> {
        let body = self.get(&format!("/v1/disputes/{dispute}")).await?;
        Ok(wire::dispute(&body)?)
    }

    /// Withdraws a link. One that was paid, even in part, stays: the answer is how it stands.
    ///
    /// # Errors
    ///
    /// As [`ApiError`] has it.
    pub async fn cancel(&self, link: &LinkId) -> Result<ObservedLink, ApiError> {
        let path = format!("/v1/payment_links/{link}/cancel");
        match self.send(Method::POST, &path, Some(Vec::new())).await {
            Ok(body) => Ok(wire::link(&body)?),
            Err(ApiError::Refused { .. } | ApiError::Unknown(_)) => self.fetch(link).await,
            Err(error) => Err(error),
        }
    }

    /// Has Razorpay send a link to the payer.
    ///
    /// # Errors
    ///
    /// As [`ApiError`] has it.
    pub async fn notify(&self, link: &LinkId, medium: Medium) -> Result<(), ApiError> {
        let medium = match medium {
            Medium::Sms => "sms",
            Medium::Email => "email",
        };
        let path = format!("/v1/payment_links/{link}/notify_by/{medium}");
        self.send(Method::POST, &path, Some(Vec::new())).await.map(drop)
    }

    async fn get(&self, path: &str) -> Result<Vec<u8>, ApiError> {
        self.send(Method::GET, path, None).await
    }

    /// Sends, once, and says what the answer means.
    async fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<Vec<u8>>,
    ) -> Result<Vec<u8>, ApiError> {
        let mut request = self
            .http
            .request(method, format!("{}{path}", self.base))
            .basic_auth(self.keys.expose_id(), Some(self.keys.expose_secret()));
        if let Some(body) = body {
            request = request.header(CONTENT_TYPE, "application/json").body(body);
        }
        let mut response = request.send().await.map_err(|error| failure(&error))?;
        let status = response.status();
        let wait = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok());
        let wait = wait.and_then(|text| text.parse().ok()).map(Span::from_secs);
        let mut bytes = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| failure(&error))? {
            if bytes.len() + chunk.len() > LARGEST_BODY {
                return Err(ApiError::Unknown("the answer is too large".to_owned()));
            }
            bytes.extend_from_slice(&chunk);
        }
        if status.is_success() { Ok(bytes) } else { Err(meaning(status, wait, &bytes)) }
    }
}

/// Only a connection that was never there proves that nothing was sent.
fn failure(error: &reqwest::Error) -> ApiError {
    if error.is_connect() || error.is_builder() {
        return ApiError::NotSent;
    }
    ApiError::Unknown(if error.is_timeout() { "no answer in time" } else { "broken" }.to_owned())
}

/// What an answer that is no success means.
fn meaning(status: StatusCode, wait: Option<Span>, body: &[u8]) -> ApiError {
    let detail = ErrorBody::read(body);
    let said = detail.as_ref().and_then(|detail| detail.description.clone()).unwrap_or_default();
    match status {
        StatusCode::TOO_MANY_REQUESTS => ApiError::Throttled { wait },
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => ApiError::Unauthorized,
        // Razorpay answers a wrong key with 401, and has been seen to do it with 400.
        _ if said == "The api key provided is invalid" || said == "Authentication failed" => {
            ApiError::Unauthorized
        }
        _ if !status.is_client_error() => ApiError::Unknown(format!("status {}", status.as_u16())),
        StatusCode::REQUEST_TIMEOUT | StatusCode::CONFLICT => {
            ApiError::Unknown(format!("status {}", status.as_u16()))
        }
        _ => {
            let lower = said.to_ascii_lowercase();
            if lower.contains("reference") && lower.contains("already") {
                return ApiError::AlreadyAttempted;
            }
            let code = detail.and_then(|detail| detail.code);
            // Without a code it is not Razorpay that answered, but something in between.
            code.map_or_else(
                || ApiError::Unknown(format!("status {}", status.as_u16())),
                |code| ApiError::Refused { code, description: cut(&said) },
            )
        }
    }
}

/// Short enough for a record, and without what a terminal or a chat would act on.
fn cut(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(200).collect()
}
