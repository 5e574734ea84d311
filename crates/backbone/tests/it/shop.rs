//! A small shop: orders, their events, and what listens to them.

use althing_backbone::*;
use serde::{Deserialize, Serialize};

/// An order was placed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, DomainEvent)]
#[event(
    type = "shop.order_placed",
    version = 1,
    context = "shop",
    aggregate = "Order"
)]
pub struct OrderPlaced {
    #[event(aggregate_id, topic = "order")]
    pub order_id: Uuid,
    pub cents: i64,
}

/// An order was paid.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, DomainEvent)]
#[event(type = "shop.order_paid", version = 1, context = "shop", aggregate = "Order")]
pub struct OrderPaid {
    #[event(aggregate_id, topic = "order")]
    pub order_id: Uuid,
    pub cents: i64,
}

/// A receipt was written.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, DomainEvent)]
#[event(
    type = "shop.receipt_written",
    version = 1,
    context = "shop",
    aggregate = "Receipt"
)]
pub struct ReceiptWritten {
    #[event(aggregate_id)]
    pub receipt_id: Uuid,
    pub order_id: Uuid,
}

/// An order as commands decide upon it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Order {
    pub id: Uuid,
    pub cents: i64,
    pub paid: bool,
}

impl Aggregate for Order {
    const KIND: &'static str = "order";
    fn id(&self) -> Uuid {
        self.id
    }
}

/// What the rules say no to.
#[derive(Debug)]
pub enum Refusal {
    NoSuchOrder,
    AlreadyPaid,
    Fault(#[expect(dead_code, reason = "it is there to be shown")] Error),
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self::Fault(error)
    }
}

pub struct Place {
    pub order_id: Uuid,
    pub cents: i64,
}

impl Command for Place {
    type Output = ();
    type Error = Error;

    async fn run(&self, uow: &mut UnitOfWork) -> Result<()> {
        uow.save(&Order {
            id: self.order_id,
            cents: self.cents,
            paid: false,
        })?;
        uow.record(&OrderPlaced {
            order_id: self.order_id,
            cents: self.cents,
        })?;
        Ok(())
    }
}

pub struct Pay(pub Uuid);

impl Command for Pay {
    type Output = i64;
    type Error = Refusal;

    async fn run(&self, uow: &mut UnitOfWork) -> Result<i64, Refusal> {
        let mut order: Order = uow.load(self.0).await?.ok_or(Refusal::NoSuchOrder)?;
        if order.paid {
            return Err(Refusal::AlreadyPaid);
        }
        order.paid = true;
        uow.save(&order)?;
        uow.record(&OrderPaid {
            order_id: self.0,
            cents: order.cents,
        })?;
        Ok(order.cents)
    }
}

/// Adds up; a lost or doubled delivery shows in the sum.
pub fn turnover() -> SubscriptionBuilder<kind::Projection> {
    async fn placed(Event(order): Event<OrderPlaced>, tx: Tx) -> HandlerResult {
        tx.execute(sql("UPDATE {turnover} SET orders = orders + 1, cents = cents + $1").bind(order.cents))
            .await;
        Ok(())
    }
    projection("turnover")
        .table(
            "turnover",
            "CREATE TABLE {turnover} (orders BIGINT NOT NULL, cents BIGINT NOT NULL);\nINSERT INTO {turnover} VALUES (0, 0);",
        )
        .on(placed)
}

/// One row for each order, written so that repetition does no harm.
pub fn orders() -> SubscriptionBuilder<kind::Projection> {
    async fn placed(Event(order): Event<OrderPlaced>, meta: Meta, tx: Tx) -> HandlerResult {
        tx.execute(
            sql("INSERT INTO {orders} (id, cents, paid, seq) VALUES ($1, $2, FALSE, $3) ON CONFLICT (id) DO NOTHING")
                .bind(order.order_id)
                .bind(order.cents)
                .bind(meta.aggregate_seq),
        )
        .await;
        Ok(())
    }
    async fn paid(Event(order): Event<OrderPaid>, meta: Meta, tx: Tx) -> HandlerResult {
        let known: Option<i64> = sql("SELECT cents FROM {orders} WHERE id = $1")
            .bind(order.order_id)
            .optional(&tx)
            .await?;
        if known.is_none() {
            return Err(HandlerError::transient(anyhow::anyhow!(
                "paid before it was placed"
            )));
        }
        let update = sql("UPDATE {orders} SET paid = TRUE, seq = $2 WHERE id = $1");
        tx.execute(update.bind(order.order_id).bind(meta.aggregate_seq))
            .await;
        Ok(())
    }
    let table = "CREATE TABLE {orders} (id TEXT PRIMARY KEY, cents BIGINT NOT NULL, paid BOOLEAN NOT NULL, seq BIGINT NOT NULL);";
    projection("orders").table("orders", table).on(placed).on(paid)
}

/// Records an event for each payment, with an id of its own making.
pub fn receipts() -> SubscriptionBuilder<kind::Reaction> {
    async fn paid(Event(order): Event<OrderPaid>, mut uow: Uow) -> HandlerResult {
        let receipt_id = uow.new_id();
        uow.record(&ReceiptWritten {
            receipt_id,
            order_id: order.order_id,
        })?;
        Ok(())
    }
    reaction("receipts").on(paid)
}

/// How many orders and how many cents the turnover shows.
pub async fn turnover_of(db: &Db) -> (i64, i64) {
    sql("SELECT orders, cents FROM turnover")
        .one(db)
        .await
        .expect("the projection has its row")
}
