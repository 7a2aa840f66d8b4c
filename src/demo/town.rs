//! The town: one cast, five departments, one door.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use super::cast::Cast;
use super::department::{Department, Which};
use super::dial::Limits;
use super::hubspot::Hubspot;
use super::product::Product;
use super::salesforce::Salesforce;
use super::stripe::Stripe;
use super::zendesk::Zendesk;

/// How the town starts; everything but the cast may be changed later, department by department.
#[derive(Clone, Debug)]
pub struct Dials {
    /// Persons in the cast: at least 20, at most 100,000.
    pub customers: usize,
    /// Seed of the cast.
    pub seed: u64,
    /// How long each answer is held back, in every department.
    pub latency: Duration,
    /// Whether departments count calls against their vendor's published rate limits.
    pub limits: Limits,
    /// Where a department says that it is, for one that stands behind something else: `http://HOST:PORT`.
    pub fronts: BTreeMap<Which, String>,
}

impl Default for Dials {
    fn default() -> Self {
        Self { customers: 1000, seed: 1, latency: Duration::ZERO, limits: Limits::Open, fronts: BTreeMap::new() }
    }
}

/// Departments at work on loopback ports that the system picked. They stop when this is dropped.
#[derive(Debug)]
pub struct Town {
    cast: Arc<Cast>,
    sales: Department,
    support: Department,
    marketing: Department,
    billing: Department,
    usage: Department,
}

impl Town {
    /// Seeds the cast and opens every department's port.
    ///
    /// Errors: when a loopback port cannot be had. Must run inside a Tokio runtime.
    pub async fn start(dials: Dials) -> io::Result<Self> {
        let cast = Arc::new(Cast::of(dials.seed, dials.customers));
        let sales =
            Department::open(Which::Sales, &dials, |address, dial| Salesforce::new(&cast, address, dial)).await?;
        let support =
            Department::open(Which::Support, &dials, |address, _| Zendesk::new(cast.clone(), address)).await?;
        let marketing = Department::open(Which::Marketing, &dials, |_, _| Hubspot::new(cast.clone())).await?;
        let billing = Department::open(Which::Billing, &dials, |_, _| Stripe::new(cast.clone())).await?;
        let usage = Department::open(Which::Usage, &dials, |_, _| Product::new(cast.clone())).await?;
        Ok(Self { cast, sales, support, marketing, billing, usage })
    }

    /// The persons and companies, with everything each system knows of them.
    pub fn cast(&self) -> &Arc<Cast> {
        &self.cast
    }

    /// The sales department (Salesforce's look-alike).
    pub fn sales(&self) -> &Department {
        &self.sales
    }

    /// The help desk (Zendesk's look-alike).
    pub fn support(&self) -> &Department {
        &self.support
    }

    /// The marketing department (HubSpot's look-alike).
    pub fn marketing(&self) -> &Department {
        &self.marketing
    }

    /// The billing department (Stripe's look-alike).
    pub fn billing(&self) -> &Department {
        &self.billing
    }

    /// The company's own product service.
    pub fn usage(&self) -> &Department {
        &self.usage
    }

    /// Every department.
    pub fn departments(&self) -> impl Iterator<Item = &Department> {
        [&self.sales, &self.support, &self.marketing, &self.billing, &self.usage].into_iter()
    }

    /// One department by name.
    pub fn department(&self, which: Which) -> &Department {
        self.departments().find(|department| department.which() == which).expect("every name has its department")
    }
}
