//! Outcomes become what a notebook shows: text/plain, text/html, and a data resource for programs. Pure; knows outcome types only.

pub mod html;
pub mod resource;
pub mod text;
pub mod value;
