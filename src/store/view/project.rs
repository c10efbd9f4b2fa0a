//! What a record changes in the view. It is a function of the record and the rows, and of nothing
//! else, so that a view built anew is the same.

use heikin_core::engine::{Alert, Body, Effect, Input, Record};
use heikin_core::order::{
    CancelAnswer, ClientOrderId, NewOrder, OrderReport, OrderState, Part, QueryAnswer, SubmitAnswer,
};

use super::row::{AlertRow, Answer, FillRow, Index, OrderRow, Row, TradeRow, key};

/// Rows that can be read and written.
pub(super) trait Rows {
    fn get<R: Row>(&self, key: &[u8]) -> Result<Option<R>, String>;
    fn put<R: Row>(&mut self, key: &[u8], row: &R) -> Result<(), String>;
}

/// Takes a record into the view.
pub(super) fn project(rows: &mut impl Rows, record: &Record) -> Result<(), String> {
    match &record.body {
        Body::Effect(Effect::Submit(order) | Effect::Replace { submit: order, .. }) => {
            intend(rows, record, order)
        }
        Body::Effect(Effect::Notify(alert)) => tell(rows, record, alert),
        Body::Effect(_) => Ok(()),
        Body::Input(input) => hear(rows, record, input),
    }
}

fn hear(rows: &mut impl Rows, record: &Record, input: &Input) -> Result<(), String> {
    match input {
        Input::Report { report, .. } => take_report(rows, record, report),
        Input::Submitted { id, answer } => take_answer(rows, *id, answer),
        Input::Canceled { answer: CancelAnswer::Canceled(state), .. }
        | Input::Queried { answer: QueryAnswer::Found(state), .. } => take_state(rows, state),
        Input::Replaced { cancel, submitted, submit, .. } => {
            if let CancelAnswer::Canceled(state) = cancel {
                take_state(rows, state)?;
            }
            // Without an attempt, nothing was sent.
            take_answer(rows, *submitted, submit.as_ref().unwrap_or(&SubmitAnswer::NotSent))
        }
        Input::Account(Ok(account)) => {
            for state in &account.orders {
                take_state(rows, state)?;
            }
            account.fills.iter().try_for_each(|report| take_report(rows, record, report))
        }
        _ => Ok(()),
    }
}

fn intend(rows: &mut impl Rows, record: &Record, order: &NewOrder) -> Result<(), String> {
    let row = OrderRow {
        seq: record.seq,
        cause: record.cause,
        at: record.at,
        order: *order,
        answer: None,
        states: Vec::new(),
    };
    rows.put(&index_key(order.id), &Index(record.seq))?;
    rows.put(&key::<OrderRow>(&[&record.seq.to_be_bytes()]), &row)
}

fn tell(rows: &mut impl Rows, record: &Record, alert: &Alert) -> Result<(), String> {
    let seq = record.seq.to_be_bytes();
    if let Alert::TradeClosed(trade) = alert {
        let row = TradeRow { seq: record.seq, trade: trade.as_ref().clone() };
        rows.put(&key::<TradeRow>(&[&seq]), &row)?;
    }
    let (cause, at, alert) = (record.cause, record.at, alert.clone());
    rows.put(&key::<AlertRow>(&[&seq]), &AlertRow { seq: record.seq, cause, at, alert })
}

fn take_answer(
    rows: &mut impl Rows,
    id: ClientOrderId,
    answer: &SubmitAnswer,
) -> Result<(), String> {
    let known = match answer {
        SubmitAnswer::Placed(_) | SubmitAnswer::Exists => Answer::Placed,
        SubmitAnswer::Refused { refusal, .. } => Answer::Refused(*refusal),
        SubmitAnswer::NotSent => Answer::NotSent,
        SubmitAnswer::Unknown => Answer::Unknown,
    };
    change(rows, id, |row| row.answer = Some(known))?;
    match answer {
        SubmitAnswer::Placed(state) => take_state(rows, state),
        _ => Ok(()),
    }
}

fn take_report(rows: &mut impl Rows, record: &Record, report: &OrderReport) -> Result<(), String> {
    let id = report.state.id;
    if let Some(fill) = report.fill {
        let order = id.with_part(Part::Order).to_string();
        let key = key::<FillRow>(&[order.as_bytes(), b"/", &fill.trade_id.to_be_bytes()]);
        // Told again, it is the same one.
        if rows.get::<FillRow>(&key)?.is_none() {
            rows.put(&key, &FillRow { seq: record.seq, order: id, fill })?;
        }
    }
    take_state(rows, &report.state)
}

/// Statements come late, twice and in any order: an end stays, and no execution is taken back.
fn take_state(rows: &mut impl Rows, state: &OrderState) -> Result<(), String> {
    change(rows, state.id, |row| match row.states.iter_mut().find(|old| old.id == state.id) {
        None => row.states.push(*state),
        Some(old) => {
            let goes_back = old.status.is_final() && !state.status.is_final();
            if !goes_back && state.executed >= old.executed {
                *old = *state;
            }
        }
    })
}

fn change(
    rows: &mut impl Rows,
    id: ClientOrderId,
    change: impl FnOnce(&mut OrderRow),
) -> Result<(), String> {
    // An order that another life of the account has placed has no row.
    let Some(Index(seq)) = rows.get(&index_key(id))? else { return Ok(()) };
    let key = key::<OrderRow>(&[&seq.to_be_bytes()]);
    let Some(mut row) = rows.get::<OrderRow>(&key)? else { return Ok(()) };
    change(&mut row);
    rows.put(&key, &row)
}

fn index_key(id: ClientOrderId) -> Vec<u8> {
    key::<Index>(&[id.with_part(Part::Order).to_string().as_bytes()])
}
