//! `docs/api/openapi.json`: OpenAPI 3.1 of `/api/v1`, written from the tables that the router is
//! built from and from the types of the port.
//!
//! A crate of its own, so that neither the product nor its tests carry what writes schemas.
//! `cargo test -p heikin-openapi` compares the file with this, and writes it anew where they differ.

#![expect(clippy::indexing_slicing, reason = "an object takes in a key that it has not")]

use heikin::http::api::{
    ACTS, Act, EXPORTS, Export, PORT, Parameter, Place, PortPath, READS, Read,
};
use heikin_bot::backend::{self, Role};
use heikin_bot::commands::Verb;
use heikin_bot::wire;
use schemars::SchemaGenerator;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

/// The whole document.
pub fn document() -> Value {
    let mut paths = Map::new();
    for operation in operations() {
        let item = paths.entry(operation.path.to_owned()).or_insert_with(|| json!({}));
        item[operation.method.to_ascii_lowercase()] = operation.told();
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "heikin",
            "version": "1",
            "summary": "A self-hosted trading bot for Binance Spot",
            "description": "Amounts are exact decimals in strings, times are milliseconds since \
                1970 UTC, shares are hundredths of a percent. docs/api.md explains it with examples.",
            "license": { "name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0" },
        },
        "servers": [{ "url": "/api/v1" }],
        "security": [{ "token": [] }],
        "tags": [
            { "name": "read", "description": "Questions." },
            { "name": "act", "description": "Commands." },
            { "name": "export", "description": "Whole lists." },
            { "name": "port", "description": "For a front end that speaks in others' names." },
        ],
        "paths": paths,
        "components": {
            "schemas": schemas(),
            "responses": {
                "Problem": {
                    "description": "What went wrong, as RFC 9457 has it.",
                    "content": { wire::PROBLEM_JSON: { "schema": reference("Problem") } },
                },
            },
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "A token by its name in http.tokens of heikin.toml.",
                },
            },
        },
    })
}

/// Every type that an operation names, with all that they name.
fn schemas() -> Map<String, Value> {
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        settings.definitions_path = "/components/schemas".into();
        settings.meta_schema = None;
    });
    let mut generator = SchemaGenerator::new(settings);
    // These name all the others.
    generator.subschema_for::<backend::Query>();
    generator.subschema_for::<backend::Answer>();
    generator.subschema_for::<backend::Outcome>();
    generator.subschema_for::<backend::InboxRow>();
    generator.subschema_for::<backend::Intake>();
    generator.subschema_for::<backend::Envelope>();
    generator.subschema_for::<backend::Receipt>();
    generator.subschema_for::<backend::Ticket>();
    generator.subschema_for::<backend::Take>();
    generator.subschema_for::<backend::Nonce>();
    generator.subschema_for::<wire::CommandRequest>();
    generator.subschema_for::<wire::GrantRequest>();
    generator.subschema_for::<wire::BroadcastRequest>();
    generator.subschema_for::<wire::Problem>();
    generator.take_definitions(true)
}

/// One method of one path.
struct Operation {
    method: &'static str,
    path: &'static str,
    tag: &'static str,
    summary: &'static str,
    verb: Option<Verb>,
    parameters: Vec<Value>,
    body: Option<&'static str>,
    answer: Value,
}

fn operations() -> Vec<Operation> {
    let reads = READS.iter().map(read);
    let exports = EXPORTS.iter().map(export);
    let acts = ACTS.iter().map(act);
    let port = PORT.iter().map(port);
    reads.chain(acts).chain(exports).chain(port).collect()
}

fn read(read: &Read) -> Operation {
    Operation {
        method: "GET",
        path: read.path,
        tag: "read",
        summary: read.summary,
        verb: Some(read.verb),
        parameters: read.parameters.iter().map(parameter).collect(),
        body: None,
        answer: json!({ "200": told(read.answer) }),
    }
}

fn export(export: &Export) -> Operation {
    let csv = json!({ "text/csv": { "schema": { "type": "string" } } });
    Operation {
        method: "GET",
        path: export.path,
        tag: "export",
        summary: export.summary,
        verb: Some(export.verb),
        parameters: export.parameters.iter().map(parameter).collect(),
        body: None,
        answer: json!({ "200": { "description": "The list.", "content": csv } }),
    }
}

fn act(act: &Act) -> Operation {
    let mut parameters: Vec<_> = act.parameters.iter().map(parameter).collect();
    parameters.push(idempotency_key(40));
    parameters.push(json!({
        "name": "If-Match",
        "in": "header",
        "description": "The version of the recap that is confirmed, in quotes.",
        "schema": { "type": "string", "pattern": "^\"[0-9]+\"$" },
    }));
    parameters.push(json!({
        "name": "Heikin-Pin",
        "in": "header",
        "description": "The PIN, where one was asked for.",
        "schema": reference("Pin"),
    }));
    let problem = |says: &str| {
        let content = json!({ wire::PROBLEM_JSON: { "schema": reference("Problem") } });
        json!({ "description": says, "content": content })
    };
    Operation {
        method: if act.method() == "PATCH" { "PATCH" } else { "POST" },
        path: act.path,
        tag: "act",
        summary: act.summary,
        verb: Some(act.verb),
        parameters,
        body: act.body,
        answer: json!({
            "200": told("Done"),
            "412": problem("The state has moved on: here is the new recap."),
            "428": problem("It must be confirmed: here is the recap."),
        }),
    }
}

fn port(path: &PortPath) -> Operation {
    let mut parameters: Vec<_> = path.parameters.iter().map(parameter).collect();
    if path.method == "POST" {
        parameters.push(idempotency_key(64));
    }
    Operation {
        method: match path.method.as_str() {
            "GET" => "GET",
            "POST" => "POST",
            "PUT" => "PUT",
            _ => "DELETE",
        },
        path: path.path,
        tag: "port",
        summary: path.summary,
        verb: None,
        parameters,
        body: path.body,
        answer: match path.answer {
            Some(answer) => json!({ "200": told(answer) }),
            None => json!({ "204": { "description": "It is so." } }),
        },
    }
}

impl Operation {
    fn told(&self) -> Value {
        let mut responses = self.answer.clone();
        responses["default"] = json!({ "$ref": "#/components/responses/Problem" });
        let mut told = json!({
            "operationId": self.id(),
            "tags": [self.tag],
            "summary": self.summary,
            "description": self.who(),
            "parameters": self.parameters,
            "responses": responses,
        });
        if let Some(body) = self.body {
            let content = json!({ "application/json": { "schema": schema(body) } });
            told["requestBody"] = json!({ "required": true, "content": content });
        }
        told
    }

    /// `post_control_panic`.
    fn id(&self) -> String {
        let path = self.path.replace(['{', '}'], "").replace(['/', '.'], "_");
        format!("{}{path}", self.method.to_ascii_lowercase())
    }

    fn who(&self) -> String {
        let Some(verb) = self.verb else {
            // An owner chats in their own name; mail is for front ends alone.
            let is_chat = ["/port/answer", "/port/commands", "/port/tickets/{nonce}"];
            let owner = if is_chat.contains(&self.path) { ", owner" } else { "" };
            return format!("For tokens with the role front_end{owner}.");
        };
        let right = verb.entry().right;
        let roles = Role::ALL.iter().filter(|role| right.is_of(**role)).map(|role| role.as_str());
        format!("For tokens with the role {}.", roles.collect::<Vec<_>>().join(", "))
    }
}

fn idempotency_key(longest: usize) -> Value {
    json!({
        "name": "Idempotency-Key",
        "in": "header",
        "required": true,
        "description": "What no other request of this token has: sent again, it is done once.",
        "schema": { "type": "string", "minLength": 1, "maxLength": longest },
    })
}

fn parameter(parameter: &Parameter) -> Value {
    let place = match parameter.place {
        Place::Path => "path",
        Place::Query => "query",
    };
    let mut told = json!({
        "name": parameter.name,
        "in": place,
        "required": !parameter.is_optional,
        "description": parameter.meaning,
    });
    // A question is JSON within the address.
    if parameter.schema == "Query" {
        told["content"] = json!({ "application/json": { "schema": schema(parameter.schema) } });
    } else {
        told["schema"] = schema(parameter.schema);
    }
    told
}

/// An answer of 200.
fn told(name: &str) -> Value {
    let content = json!({ "application/json": { "schema": schema(name) } });
    json!({ "description": "The answer.", "content": content })
}

/// A schema by the name that the tables have for it.
fn schema(name: &str) -> Value {
    match name.strip_suffix("[]") {
        Some(item) => json!({ "type": "array", "items": reference(item) }),
        None if name == "integer" => json!({ "type": "integer", "minimum": 0 }),
        None if name == "string" => json!({ "type": "string" }),
        None => reference(name),
    }
}

fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}
