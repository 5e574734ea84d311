//! A shop: a command, an event, a projection and a reaction.
//! On SQLite:      `cargo run -p althing-backbone --example shop`
//! On PostgreSQL:  `cargo run -p althing-backbone --example shop -- postgres://user@host/database`

use althing_backbone::*;
use serde::{Deserialize, Serialize};

/// Something was sold.
#[derive(DomainEvent, Serialize, Deserialize, JsonSchema)]
#[event(type = "shop.sold", version = 1, context = "shop", aggregate = "Product")]
struct Sold {
    #[event(aggregate_id)]
    product_id: Uuid,
    customer: String,
    cents: i64,
}

/// What is in the shop.
#[derive(Serialize, Deserialize)]
struct Product {
    id: Uuid,
    pieces: u32,
}

impl Aggregate for Product {
    const KIND: &'static str = "product";
    fn id(&self) -> Uuid {
        self.id
    }
}

struct Sell<'a> {
    product_id: Uuid,
    customer: &'a str,
}

/// Loads, decides, records: state and event are committed together.
impl Command for Sell<'_> {
    type Output = u32;
    type Error = anyhow::Error;

    async fn run(&self, uow: &mut UnitOfWork) -> anyhow::Result<u32> {
        let new = Product {
            id: self.product_id,
            pieces: 2,
        };
        let mut product: Product = uow.load(self.product_id).await?.unwrap_or(new);
        anyhow::ensure!(product.pieces > 0, "sold out");
        product.pieces -= 1;
        uow.save(&product)?;
        uow.record(&Sold {
            product_id: self.product_id,
            customer: self.customer.into(),
            cents: 250,
        })?;
        Ok(product.pieces)
    }
}

/// Rows to read: exactly once, because they share a transaction with the checkpoint.
async fn add_up(Event(sold): Event<Sold>, tx: Tx) -> HandlerResult {
    let upsert = "INSERT INTO {spent} VALUES ($1, $2) \
        ON CONFLICT (customer) DO UPDATE SET cents = {spent}.cents + excluded.cents";
    tx.execute(sql(upsert).bind(sold.customer).bind(sold.cents)).await;
    Ok(())
}

/// Reaches outside: at least once, under a key that the other side may recognise.
async fn thank(Event(sold): Event<Sold>, fx: Effects) -> HandlerResult {
    fx.once("letter", |key| async move {
        println!("letter {key}: thank you, {}", sold.customer);
        Ok(())
    })
    .await
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let address = std::env::args().nth(1).unwrap_or("target/shop.db".into()); // or "postgres://…"
    let table = "CREATE TABLE {spent} (customer TEXT PRIMARY KEY, cents BIGINT NOT NULL);";
    let shop = Backbone::builder(Db::at(&address).await?)
        .subscribe(projection("spent").table("spent", table).on(add_up))
        .subscribe(reaction("letters").on(thank))
        .start()
        .await?;
    let product_id = shop.ids().next();
    for customer in ["Ada", "Bob", "Eve"] {
        let context = Context::anonymous(shop.ids().next());
        match shop.execute(context, &Sell { product_id, customer }).await {
            Ok(sold) => println!("{customer} has one, {} left", sold.value),
            Err(refusal) => println!("{customer} goes away: {refusal}"),
        }
    }
    shop.settled(std::time::Duration::from_secs(10)).await?;
    let rows: Vec<(String, i64)> = sql("SELECT * FROM spent ORDER BY 1").all(shop.db()).await?;
    println!("spent, in {}: {rows:?}", shop.db().store().as_str());
    shop.stop().await;
    Ok(())
}
