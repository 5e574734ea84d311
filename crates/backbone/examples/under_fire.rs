//! A shop that places and pays orders as fast as it can and says each time what was
//! acknowledged. Its test kills it again and again.

#[path = "../tests/it/shop.rs"]
#[expect(dead_code, reason = "the tests use more of it")]
mod shop;

use std::io::Write;

use althing_backbone::*;
use shop::{Pay, Place, orders, receipts, turnover};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let path = std::env::args()
        .nth(1)
        .ok_or_else(|| anyhow::anyhow!("which file?"))?;
    let backbone = Backbone::builder(Db::open(path).await?)
        .subscribe(turnover())
        .subscribe(orders())
        .subscribe(receipts())
        .start()
        .await?;
    let callers = (0..8).map(|_| {
        let backbone = backbone.clone();
        tokio::spawn(async move { shop_on(&backbone).await })
    });
    for caller in futures::future::join_all(callers).await {
        caller??;
    }
    Ok(())
}

async fn shop_on(backbone: &Backbone) -> anyhow::Result<()> {
    loop {
        let order_id = backbone.ids().next();
        let context = Context::anonymous(order_id);
        backbone
            .execute(context.clone(), &Place { order_id, cents: 3 })
            .await?;
        say(&format!("placed {order_id}"))?;
        if backbone.execute(context, &Pay(order_id)).await.is_err() {
            anyhow::bail!("an order that was placed cannot be paid");
        }
        say(&format!("paid {order_id}"))?;
    }
}

/// In one write, so that a kill cannot leave half a line that looks whole.
fn say(line: &str) -> std::io::Result<()> {
    std::io::stdout().write_all(format!("{line}.\n").as_bytes())
}
