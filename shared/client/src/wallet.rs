//! A client of a wallet.

mod follow;

use std::sync::Arc;
use std::time::Duration;

use wallet_contract::id::{AccountId, TransferId};
use wallet_contract::money::Currency;
use wallet_contract::subject::Verb;
use wallet_nats::Settings;

use crate::connect::{Connection, connect};
use crate::outcome::Outcome;
use crate::payment::{Hold, Payment};
use crate::publisher::{Publisher, Sharing};
use crate::request::Request;
use crate::{Error, clock};

pub use follow::FIRST_REPEAT;

/// The options of a client.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// How long a call waits for its outcome.
    pub deadline: Duration,
    /// Which concurrent requests share a message.
    pub sharing: Sharing,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            deadline: Duration::from_secs(30),
            sharing: Sharing::default(),
        }
    }
}

/// A client of a wallet. Clones share one connection, and their requests share messages ([`Sharing`]).
///
/// Each call sends one request and waits for its outcome. If no outcome arrives for a while, it sends the same request again
/// under the same id, which the wallet carries out only once. A refusal is an outcome, not an error: see [`Outcome::is_good`].
#[derive(Clone, Debug)]
pub struct Wallet {
    publisher: Arc<Publisher>,
    options: Options,
}

impl Wallet {
    /// Connects to one of the NATS servers in `urls`, separated by commas: `nats://user:password@host:4222`.
    ///
    /// ```no_run
    /// # async fn example() -> Result<(), wallet_client::Error> {
    /// use wallet_client::{Options, Wallet};
    ///
    /// let wallet = Wallet::connect("nats://127.0.0.1:4222", Options::default()).await?;
    /// # Ok(()) }
    /// ```
    pub async fn connect(urls: &str, options: Options) -> Result<Self, Error> {
        Self::connect_with(&Settings::at(urls.to_owned()), options).await
    }

    /// Connects with a `.creds` file, an `NKey` or TLS.
    pub async fn connect_with(settings: &Settings, options: Options) -> Result<Self, Error> {
        Ok(Self::over(connect(settings).await?, options))
    }

    /// Uses an existing connection.
    pub fn over(connection: Connection, options: Options) -> Self {
        let publisher = Arc::new(Publisher::new(connection, options.sharing));
        Self { publisher, options }
    }

    /// The connection.
    pub fn connection(&self) -> &Connection {
        &self.publisher.connection
    }

    /// Makes a payment.
    ///
    /// ```no_run
    /// # async fn example(wallet: wallet_client::Wallet) -> Result<(), Box<dyn std::error::Error>> {
    /// use wallet_client::Payment;
    ///
    /// let lunch = Payment::new("alice".parse()?, "bob".parse()?, "12.50", "USD".parse()?).memo("lunch");
    /// let outcome = wallet.transfer(&lunch).await?;
    /// println!("{}: {}", lunch.id, outcome.outcome);
    /// # Ok(()) }
    /// ```
    pub async fn transfer(&self, payment: &Payment) -> Result<Outcome, Error> {
        self.ask(&Request::transfer(payment.id, &payment.wanted())?).await
    }

    /// Reserves money for a payee. The outcome arrives once the payee's side has promised to accept it.
    ///
    /// ```no_run
    /// # async fn example(wallet: wallet_client::Wallet) -> Result<(), Box<dyn std::error::Error>> {
    /// use wallet_client::{Hold, Payment};
    ///
    /// let hotel = Payment::new("alice".parse()?, "bob".parse()?, "200.00", "USD".parse()?);
    /// let reserved = wallet.reserve(&hotel, Hold::default()).await?;
    /// if reserved.outcome.is_good() {
    ///     wallet.confirm(hotel.id, &hotel.from, Some(("180.00", "USD".parse()?))).await?;
    /// }
    /// # Ok(()) }
    /// ```
    pub async fn reserve(&self, payment: &Payment, hold: Hold) -> Result<Outcome, Error> {
        let seconds = hold.expires_in.map(|time| time.as_secs());
        let request = Request::reserve(payment.id, &payment.wanted(), seconds, hold.auto_confirm)?;
        self.ask(&request).await
    }

    /// Confirms the reservation with this id: pays all of it, or this part and releases the rest.
    pub async fn confirm(
        &self,
        id: TransferId,
        payer: &AccountId,
        part: Option<(&str, Currency)>,
    ) -> Result<Outcome, Error> {
        let part = part.as_ref().map(|(amount, currency)| (*amount, currency.code()));
        self.ask(&Request::confirm(id, payer, part)?).await
    }

    /// Cancels the reservation with this id and releases its money.
    pub async fn cancel(&self, id: TransferId, payer: &AccountId) -> Result<Outcome, Error> {
        self.ask(&Request::plain(Verb::Cancel, id, payer)?).await
    }

    /// Reverses `transfer`: returns what `payment.from` received by it, or a part of that.
    ///
    /// ```no_run
    /// # async fn example(wallet: wallet_client::Wallet, lunch: wallet_client::Payment) -> Result<(), Box<dyn std::error::Error>> {
    /// use wallet_client::Payment;
    ///
    /// let back = Payment::new(lunch.to, lunch.from, "2.50", "USD".parse()?);
    /// wallet.reverse(&back, lunch.id).await?;
    /// # Ok(()) }
    /// ```
    pub async fn reverse(&self, payment: &Payment, transfer: TransferId) -> Result<Outcome, Error> {
        self.ask(&Request::reverse(payment.id, &payment.wanted(), transfer)?)
            .await
    }

    /// Opens an account, or adds a currency to it; for operators. `overdraft` is how far below zero it may go: an amount, or
    /// `unlimited`; without one it may not.
    pub async fn open(
        &self,
        account: &AccountId,
        currency: Currency,
        overdraft: Option<&str>,
    ) -> Result<Outcome, Error> {
        self.ask(&Request::open(clock::new_id(), account, currency, overdraft)?)
            .await
    }

    /// Pays money in from outside; for operators.
    pub async fn deposit(
        &self,
        account: &AccountId,
        amount: &str,
        currency: Currency,
    ) -> Result<Outcome, Error> {
        self.transfer(&Payment::new(
            AccountId::world(),
            account.clone(),
            amount,
            currency,
        ))
        .await
    }

    /// Pays money out of the wallet.
    pub async fn withdraw(
        &self,
        account: &AccountId,
        amount: &str,
        currency: Currency,
    ) -> Result<Outcome, Error> {
        self.transfer(&Payment::new(
            account.clone(),
            AccountId::world(),
            amount,
            currency,
        ))
        .await
    }

    /// Stops an account from paying and receiving; for operators.
    pub async fn freeze(&self, account: &AccountId) -> Result<Outcome, Error> {
        self.order(Verb::Freeze, account).await
    }

    /// Lets a frozen account pay and receive again; for operators.
    pub async fn unfreeze(&self, account: &AccountId) -> Result<Outcome, Error> {
        self.order(Verb::Unfreeze, account).await
    }

    /// Closes an account permanently; for operators. Its balance must be zero.
    pub async fn close(&self, account: &AccountId) -> Result<Outcome, Error> {
        self.order(Verb::Close, account).await
    }

    async fn order(&self, verb: Verb, account: &AccountId) -> Result<Outcome, Error> {
        self.ask(&Request::plain(verb, clock::new_id(), account)?).await
    }

    /// Sends any request and waits for its outcome.
    pub async fn ask(&self, request: &Request) -> Result<Outcome, Error> {
        let followed = self.follow(request).await?;
        followed.outcome.ok_or_else(|| Error::NoOutcome {
            id: request.id,
            account: request.account.clone(),
            waited: followed.elapsed,
        })
    }
}
