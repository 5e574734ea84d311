//! `#[derive(Process)]`.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{DeriveInput, Error, LitStr, Result, Type};

pub fn expand(input: &DeriveInput) -> Result<TokenStream> {
    let mut name: Option<LitStr> = None;
    let mut key: Option<Type> = None;
    for attribute in input
        .attrs
        .iter()
        .filter(|attribute| attribute.path().is_ident("process"))
    {
        attribute.parse_nested_meta(|meta| {
            if meta.path.is_ident("name") {
                name = Some(meta.value()?.parse()?);
            } else if meta.path.is_ident("key") {
                key = Some(meta.value()?.parse()?);
            } else {
                return Err(meta.error("expected name = \"…\" or key = Type"));
            }
            Ok(())
        })?;
    }
    let ident = &input.ident;
    let name = name.ok_or_else(|| Error::new(ident.span(), "#[process(name = \"…\")] is missing"))?;
    let key = key.ok_or_else(|| Error::new(ident.span(), "#[process(key = Type)] is missing"))?;
    Ok(quote! {
        impl ::althing_backbone::Process for #ident {
            const NAME: &'static str = #name;
            type Key = #key;
        }
    })
}
