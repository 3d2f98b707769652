//! Each table is declared once, in Rust; the migrations create the same table, on both databases.

use anyhow::{Result, ensure};
use tempfile::tempdir;
use wallet_contract::shard::Shard;
use wallet_contract::subject::Service;
use wallet_db::sql_store::Tables;
use wallet_db::{Arg, Db, Target};
use wallet_kernel::{ColumnType, Persistence, Shape};
use wallet_stack::postgres::Postgres;

/// A column as a database describes it: its name, its type, whether it is nullable.
type Described = (String, String, bool);

#[tokio::test(flavor = "multi_thread")]
async fn the_migrations_create_the_declared_tables() -> Result<()> {
    let folder = tempdir()?;
    let server = Postgres::start().await?;
    for url in [
        format!("sqlite://{}/{{service}}.db", folder.path().display()),
        server.url(),
    ] {
        are_as_declared::<debit_svc::Tables>(&url).await?;
        are_as_declared::<credit_svc::Tables>(&url).await?;
        are_as_declared::<ledger_svc::Tables>(&url).await?;
    }
    server.stop().await
}

async fn are_as_declared<T: Tables>(url: &str) -> Result<()> {
    let service = T::Rows::SERVICE;
    // On PostgreSQL each shard has a schema of its own; here each service has one.
    let number = Service::ALL.iter().position(|other| *other == service);
    let shard = Shard(number.unwrap_or_default().try_into()?);
    let pool = Target::new(&url.replace("{service}", service.name()), shard)
        .open(T::MIGRATIONS)
        .await?;
    let mut db = pool.acquire().await?;
    for shape in T::Rows::TABLES {
        let mut made = if url.starts_with("sqlite") {
            on_sqlite(&mut db, shape.name).await?
        } else {
            on_postgresql(&mut db, shape.name).await?
        };
        made.sort();
        let mut declared = declared(shape);
        declared.sort();
        ensure!(
            made == declared,
            "{service}, {}: {made:?}, declared: {declared:?}",
            shape.name
        );
    }
    drop(db);
    pool.close().await;
    Ok(())
}

fn declared(shape: &Shape) -> Vec<Described> {
    let columns = shape.columns.iter().map(|column| {
        let kind = match column.holds {
            ColumnType::Int => "int",
            ColumnType::Text => "text",
            ColumnType::Uuid => "uuid",
        };
        (column.name.to_owned(), kind.to_owned(), column.nullable)
    });
    columns.collect()
}

async fn on_sqlite(db: &mut Db, table: &str) -> Result<Vec<Described>> {
    let sql =
        "SELECT name, type, CASE WHEN \"notnull\" = 1 OR pk > 0 THEN 0 ELSE 1 END FROM pragma_table_info($1)";
    let rows = db.query(sql, &[Arg::Text(table)]).await?;
    let columns = rows.iter().map(|row| {
        let kind = match row.text(1)?.as_str() {
            "INTEGER" => "int",
            "BLOB" => "uuid",
            _ => "text",
        };
        Ok((row.text(0)?, kind.to_owned(), row.int(2)? == 1))
    });
    columns.collect()
}

async fn on_postgresql(db: &mut Db, table: &str) -> Result<Vec<Described>> {
    let sql = "SELECT column_name::text, data_type::text, CASE is_nullable WHEN 'YES' THEN 1 ELSE 0 END \
               FROM information_schema.columns WHERE table_schema = current_schema() AND table_name = $1";
    let rows = db.query(sql, &[Arg::Text(table)]).await?;
    let columns = rows.iter().map(|row| {
        let kind = match row.text(1)?.as_str() {
            "bigint" => "int".to_owned(),
            other => other.to_owned(),
        };
        Ok((row.text(0)?, kind, row.int(2)? == 1))
    });
    columns.collect()
}
