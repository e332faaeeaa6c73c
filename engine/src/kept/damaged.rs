//! A store as it was found: whole, or damaged. A damaged one refuses what it is asked, in words,
//! but for what leads out of it: what is whole can be exported, and it can be begun anew.

use std::sync::Arc;

use milvus_proto::Effect;
use milvus_proto::engine::ExportDatabaseRequest;
use prost::Message;

use super::Kept;
use super::Opening;
use super::salvage::{Rest, rest};
use crate::catalog::Catalog;
use crate::error::success;
use crate::pace::{Pace, Partial};
use crate::service::{Call, Keeper, Refusal, Service};
use crate::store::error::{Result, StoreError};
use crate::store::files::Files;
use crate::store::{self, Sizes};

pub enum Found {
    Whole(Box<Kept>),
    Damaged(Box<Damaged>),
}

pub struct Damaged {
    files: Arc<dyn Files>,
    error: StoreError,
    /// once it was asked for
    rest: Option<Rest>,
}

impl Found {
    /// As [`Kept::open`]; damage is no error here.
    pub fn open(files: Arc<dyn Files>) -> Result<(Found, Opening)> {
        match Kept::open(files.clone()) {
            Ok((kept, opening)) => Ok((Found::Whole(Box::new(kept)), opening)),
            Err(error @ StoreError::Damaged { .. }) => {
                let damaged = Damaged { files, error, rest: None };
                Ok((Found::Damaged(Box::new(damaged)), Opening { cut_off: 0, replayed: 0 }))
            }
            Err(error) => Err(error),
        }
    }

    /// As [`Kept::call`].
    pub fn call(&mut self, call: Call<'_>) -> std::result::Result<Vec<u8>, Refusal> {
        match self {
            Found::Whole(kept) => kept.call(call),
            Found::Damaged(damaged) if call.method == "DropStorage" => match damaged.begin_anew() {
                Ok(kept) => {
                    *self = Found::Whole(Box::new(kept));
                    Ok(success().encode_to_vec())
                }
                Err(error) => damaged.refuse(call, &error),
            },
            Found::Damaged(damaged) => damaged.call(call),
        }
    }

    /// As [`Kept::call_slice`]; of a damaged store all is answered at once.
    pub fn call_slice(
        &mut self,
        call: Call<'_>,
        partial: &mut Partial,
        go_on: &mut dyn FnMut() -> bool,
    ) -> std::result::Result<Option<Vec<u8>>, Refusal> {
        match self {
            Found::Whole(kept) => kept.call_slice(call, partial, go_on),
            Found::Damaged(_) => self.call(call).map(Some),
        }
    }

    /// The store, where it is whole.
    pub fn kept(&self) -> Option<&Kept> {
        match self {
            Found::Whole(kept) => Some(kept),
            Found::Damaged(_) => None,
        }
    }

    /// The store, where it is whole.
    pub fn kept_mut(&mut self) -> Option<&mut Kept> {
        match self {
            Found::Whole(kept) => Some(kept),
            Found::Damaged(_) => None,
        }
    }
}

impl Damaged {
    /// What was found.
    pub fn error(&self) -> &StoreError {
        &self.error
    }

    fn call(&mut self, call: Call<'_>) -> std::result::Result<Vec<u8>, Refusal> {
        match call.method {
            "GetVersion" | "Connect" => Service::default().call(call),
            "GetStorage" => self.salvaged(call),
            "ExportDatabase"
                if ExportDatabaseRequest::decode(call.request)
                    .is_ok_and(|request| request.salvage) =>
            {
                self.salvaged(call)
            }
            _ => self.refuse(call, &self.error),
        }
    }

    fn salvaged(&mut self, call: Call<'_>) -> std::result::Result<Vec<u8>, Refusal> {
        let rest = match self.rest.take().map_or_else(|| rest(&self.files), Ok) {
            Ok(rest) => self.rest.insert(rest),
            Err(error) => return self.refuse(call, &error),
        };
        let sizes = store::sizes(self.files.as_ref()).unwrap_or_default();
        let mut reading = Reading { sizes, lost: &rest.lost };
        answer(&mut rest.service, call, &mut reading)
    }

    /// The reply that says why, whatever is asked.
    fn refuse(&self, call: Call<'_>, error: &StoreError) -> std::result::Result<Vec<u8>, Refusal> {
        answer(&mut Service::default(), call, &mut Refusing(error))
    }

    fn begin_anew(&self) -> Result<Kept> {
        store::remove(self.files.as_ref())?;
        Ok(Kept::open(self.files.clone())?.0)
    }
}

fn answer(
    service: &mut Service,
    call: Call<'_>,
    keeper: &mut dyn Keeper,
) -> std::result::Result<Vec<u8>, Refusal> {
    let (mut partial, mut go_on) = (Partial::default(), || true);
    let pace = Pace::new(&mut partial, &mut go_on);
    service.call_kept(call, keeper, pace).map(|answered| answered.reply)
}

/// Of what is whole.
struct Reading<'a> {
    sizes: Sizes,
    lost: &'a [String],
}

impl Keeper for Reading<'_> {
    fn admit(&mut self, _: Effect) -> crate::error::Result<()> {
        Ok(())
    }

    fn keep(&mut self, _: &Catalog) -> crate::error::Result<()> {
        Ok(())
    }

    fn sizes(&self) -> Option<Sizes> {
        Some(self.sizes.clone())
    }

    fn lost(&self) -> Vec<String> {
        self.lost.to_vec()
    }
}

struct Refusing<'a>(&'a StoreError);

impl Keeper for Refusing<'_> {
    fn admit(&mut self, _: Effect) -> crate::error::Result<()> {
        Err(self.0.clone().into())
    }

    fn keep(&mut self, _: &Catalog) -> crate::error::Result<()> {
        Ok(())
    }

    fn sizes(&self) -> Option<Sizes> {
        None
    }
}
