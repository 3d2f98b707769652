//! A real browser, Debian's Chromium, driven through chromedriver. It renders pages as a user would see them, and reports the
//! errors it logged and the addresses it requested.
//!
//! It can reach 127.0.0.1 only. Its processes end whatever happens to a test: the browser is a child of the driver, and the
//! driver is a child of the test.

use std::path::Path;
use std::process::Stdio;

use anyhow::{Context as _, Result, bail, ensure};
use fantoccini::elements::Element;
use fantoccini::error::CmdError;
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use rustix::process::{Pid, Signal};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::process::{Child, Command};
use tokio::time::Instant;
use wallet_stack::address::free_ports;

use crate::{PATIENCE, wait};

/// A desktop window.
pub const WIDE: (u32, u32) = (1280, 900);
/// A small phone: the narrowest width that pages support.
pub const NARROW: (u32, u32) = (360, 740);

/// No window, no sandbox (tests may run as root), no background traffic of the browser.
const FLAGS: [&str; 12] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-extensions",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
];

/// One window.
pub struct Browser {
    /// For calls that this harness does not wrap.
    pub client: Client,
    driver: Driver,
    session: String,
    origin: String,
    // Removed once the browser has ended.
    _profile: TempDir,
}

/// The driver's process; dropping it ends the browser too.
struct Driver {
    child: Child,
    url: String,
}

impl Drop for Driver {
    fn drop(&mut self) {
        let Some(pid) = self.child.id() else { return };
        for browser in children(pid) {
            if let Some(browser) = Pid::from_raw(browser) {
                let _ = rustix::process::kill_process(browser, Signal::KILL);
            }
        }
        let _ = self.child.start_kill();
    }
}

/// The children of a process that it has not reaped yet.
fn children(pid: u32) -> Vec<i32> {
    let threads = std::fs::read_dir(format!("/proc/{pid}/task"))
        .into_iter()
        .flatten()
        .flatten();
    let lists = threads.filter_map(|thread| std::fs::read_to_string(thread.path().join("children")).ok());
    lists
        .flat_map(|list| {
            list.split_whitespace()
                .filter_map(|pid| pid.parse().ok())
                .collect::<Vec<_>>()
        })
        .collect()
}

/// Repeats an act on an element that the page replaced after the element was found: pages are live, and finding and acting are two
/// commands.
async fn retry_if_stale<T>(act: impl AsyncFn() -> Result<T>) -> Result<T> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let acted = act().await;
        let replaced = |error: &anyhow::Error| {
            error
                .downcast_ref::<CmdError>()
                .is_some_and(CmdError::is_stale_element_reference)
        };
        if !acted.as_ref().err().is_some_and(replaced) || Instant::now() > deadline {
            return acted;
        }
    }
}

impl Driver {
    async fn start(folder: &Path) -> Result<Self> {
        let [port] = free_ports()?;
        let mut command = Command::new("chromedriver");
        command
            .arg(format!("--port={port}"))
            // The browser's temporary files go with our folder.
            .env("TMPDIR", folder)
            .env("HOME", folder)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true);
        let child = command
            .spawn()
            .context("chromedriver can't be started: scripts/install-tools installs it")?;
        let driver = Self {
            child,
            url: format!("http://127.0.0.1:{port}"),
        };
        let status = format!("{}/status", driver.url);
        let answers = async || Ok(reqwest::get(&status).await.is_ok());
        wait::until("chromedriver answers", answers, |answers| *answers).await?;
        Ok(driver)
    }

    /// Sends a command that only this driver supports.
    async fn ask(&self, session: &str, path: &str, body: &Value) -> Result<Value> {
        let url = format!("{}/session/{session}/{path}", self.url);
        let answer = reqwest::Client::new().post(url).json(body).send().await?;
        let mut answer: Value = answer.json().await?;
        ensure!(answer["value"]["error"].is_null(), "{path}: {answer}");
        Ok(answer["value"].take())
    }
}

impl Browser {
    /// Opens a window of [`WIDE`] size for the pages under `origin`, such as `http://127.0.0.1:8080`.
    pub async fn start(origin: &str) -> Result<Self> {
        let profile = TempDir::new()?;
        let driver = Driver::start(profile.path()).await?;
        let mut flags: Vec<String> = FLAGS.iter().map(|flag| (*flag).to_owned()).collect();
        flags.push(format!(
            "--user-data-dir={}",
            profile.path().join("profile").display()
        ));
        let capabilities = json!({
            "goog:chromeOptions": { "args": flags },
            "goog:loggingPrefs": { "browser": "ALL", "performance": "ALL" },
        });
        let Value::Object(capabilities) = capabilities else {
            bail!("capabilities are an object")
        };
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(capabilities)
            .connect(&driver.url)
            .await;
        let client = client.context("Chromium can't be started: scripts/install-tools installs it")?;
        let session = client.session_id().await?.context("a session has an id")?;
        let browser = Self {
            client,
            driver,
            session,
            origin: origin.to_owned(),
            _profile: profile,
        };
        browser.resize(WIDE).await?;
        Ok(browser)
    }

    /// Opens an address under the origin.
    pub async fn open(&self, path: &str) -> Result<()> {
        let url = format!("{}{path}", self.origin);
        // On a busy machine the driver can answer while the previous page is still loaded.
        self.eval("(window.isLeft = true)").await?;
        self.client.goto(&url).await.with_context(|| url)?;
        self.until("!window.isLeft && document.readyState == 'complete'")
            .await
    }

    /// The current address, without the origin.
    pub async fn path(&self) -> Result<String> {
        let url = self.client.current_url().await?.to_string();
        Ok(url.strip_prefix(&self.origin).unwrap_or(&url).to_owned())
    }

    /// Resizes the page, even to a size that no window could have.
    pub async fn resize(&self, (width, height): (u32, u32)) -> Result<()> {
        let metrics = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        self.devtools("Emulation.setDeviceMetricsOverride", metrics).await
    }

    /// Sets the system's preferred theme, `dark` or `light`.
    pub async fn prefer(&self, theme: &str) -> Result<()> {
        let features = json!([{ "name": "prefers-color-scheme", "value": theme }]);
        self.devtools("Emulation.setEmulatedMedia", json!({ "features": features }))
            .await
    }

    /// Sends a command of the `DevTools` protocol.
    pub async fn devtools(&self, command: &str, parameters: Value) -> Result<()> {
        let body = json!({ "cmd": command, "params": parameters });
        self.driver.ask(&self.session, "goog/cdp/execute", &body).await?;
        Ok(())
    }

    /// The first matching element, which must exist.
    pub async fn find(&self, css: &str) -> Result<Element> {
        self.client
            .find(Locator::Css(css))
            .await
            .with_context(|| format!("no {css}"))
    }

    /// The visible text of the first matching element.
    pub async fn text(&self, css: &str) -> Result<String> {
        retry_if_stale(async || Ok(self.find(css).await?.text().await?)).await
    }

    /// The visible text of each matching element.
    pub async fn texts(&self, css: &str) -> Result<Vec<String>> {
        retry_if_stale(async || {
            let mut texts = Vec::new();
            for element in self.client.find_all(Locator::Css(css)).await? {
                texts.push(element.text().await?);
            }
            Ok(texts)
        })
        .await
    }

    /// Clicks on an element.
    pub async fn click(&self, css: &str) -> Result<()> {
        retry_if_stale(async || Ok(self.find(css).await?.click().await?)).await
    }

    /// Replaces the text of a field.
    pub async fn fill(&self, css: &str, text: &str) -> Result<()> {
        retry_if_stale(async || {
            let field = self.find(css).await?;
            field.clear().await?;
            Ok(field.send_keys(text).await?)
        })
        .await
    }

    /// Presses keys, one after the other, wherever the focus is.
    pub async fn press(&self, keys: &str) -> Result<()> {
        retry_if_stale(async || Ok(self.client.active_element().await?.send_keys(keys).await?)).await
    }

    /// The value of a script expression.
    pub async fn eval(&self, expression: &str) -> Result<Value> {
        let script = format!("return ({expression})");
        self.client
            .execute(&script, Vec::new())
            .await
            .with_context(|| expression.to_owned())
    }

    /// Waits until an expression is true.
    pub async fn until(&self, expression: &str) -> Result<()> {
        // The page's text is shown if it never is.
        let both = format!("[({expression}), document.body?.innerText]");
        wait::until(
            expression,
            async || self.eval(&both).await,
            |seen| seen[0] == json!(true),
        )
        .await?;
        Ok(())
    }

    /// Fails if the page overflows on the right.
    pub async fn fits(&self) -> Result<()> {
        let wider = "[...document.querySelectorAll('body *')].filter(e => e.getBoundingClientRect().right > innerWidth + 1 && \
                     !e.closest('.visually-hidden')).map(e => e.tagName + '.' + e.className).slice(0, 5)";
        let scrolls = self
            .eval("document.documentElement.scrollWidth > innerWidth")
            .await?;
        ensure!(
            scrolls == json!(false),
            "{} scrolls sideways: {}",
            self.path().await?,
            self.eval(wider).await?
        );
        Ok(())
    }

    /// Writes a screenshot as a PNG.
    pub async fn picture(&self, file: &Path) -> Result<()> {
        let picture = self.client.screenshot().await?;
        std::fs::write(file, picture).with_context(|| file.display().to_string())
    }

    /// The browser's complaints since the last call: script errors, missing files, and what the content security policy
    /// blocked.
    pub async fn complaints(&self) -> Result<Vec<String>> {
        let log = self
            .driver
            .ask(&self.session, "se/log", &json!({ "type": "browser" }))
            .await?;
        let entries = log.as_array().cloned().unwrap_or_default();
        let severe = entries
            .iter()
            .filter(|entry| entry["level"] == "SEVERE" || entry["level"] == "WARNING");
        Ok(severe.map(|entry| entry["message"].to_string()).collect())
    }

    /// The addresses requested since the last call, except those under the origin.
    pub async fn foreign_requests(&self) -> Result<Vec<String>> {
        let log = self
            .driver
            .ask(&self.session, "se/log", &json!({ "type": "performance" }))
            .await?;
        let (mut requests, mut foreign_requests) = (0, Vec::new());
        for entry in log.as_array().into_iter().flatten() {
            let event: Value = serde_json::from_str(entry["message"].as_str().unwrap_or_default())?;
            let event = &event["message"];
            if event["method"] == "Network.requestWillBeSent" {
                let url = event["params"]["request"]["url"].as_str().unwrap_or_default();
                requests += 1;
                // The browser's internal pages, and images embedded in a page, cause no requests.
                let inside = ["data:", "blob:", "chrome:", "chrome-untrusted:", "about:"]
                    .iter()
                    .any(|scheme| url.starts_with(scheme));
                if !inside && !url.starts_with(&format!("{}/", self.origin)) {
                    foreign_requests.push(url.to_owned());
                }
            }
        }
        ensure!(requests > 0, "the browser has logged no requests");
        Ok(foreign_requests)
    }

    /// Closes the window; see [`Self::is_content`].
    pub async fn close(self) -> Result<()> {
        self.is_content().await?;
        self.client.close().await?;
        Ok(())
    }

    /// Fails if there were complaints, or requests to other origins.
    pub async fn is_content(&self) -> Result<()> {
        let (complaints, foreign_requests) = (self.complaints().await?, self.foreign_requests().await?);
        ensure!(
            complaints.is_empty(),
            "the browser reports errors: {complaints:#?}"
        );
        ensure!(
            foreign_requests.is_empty(),
            "requests to other hosts: {foreign_requests:#?}"
        );
        Ok(())
    }
}
