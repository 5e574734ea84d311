//! `#[derive(DomainEvent)]`.

use proc_macro2::TokenStream;
use quote::quote;
use syn::spanned::Spanned;
use syn::{Data, DeriveInput, Error, Expr, Fields, Ident, Lit, LitInt, LitStr, Meta, Path, Result, Type};

#[derive(Default)]
struct Header {
    event_type: Option<LitStr>,
    version: Option<LitInt>,
    context: Option<LitStr>,
    aggregate: Option<LitStr>,
    upcast_from: Option<Path>,
}

#[derive(Default)]
struct Marked {
    aggregate_id: Option<Ident>,
    subject: Option<Ident>,
    personal: Vec<(Ident, Type)>,
    topics: Vec<(LitStr, Ident)>,
}

pub fn expand(input: &DeriveInput) -> Result<TokenStream> {
    let header = read_header(input)?;
    let marked = read_fields(input)?;
    let name = &input.ident;
    let missing = |what: &str| Error::new(name.span(), format!("#[event({what})] is missing"));
    let event_type = header.event_type.ok_or_else(|| missing("type = \"…\""))?;
    let version = header.version.ok_or_else(|| missing("version = …"))?;
    let context = header.context.ok_or_else(|| missing("context = \"…\""))?;
    let aggregate = header.aggregate.ok_or_else(|| missing("aggregate = \"…\""))?;
    let aggregate_id = marked
        .aggregate_id
        .ok_or_else(|| missing("aggregate_id) on a field"))?;
    if version.base10_parse::<u32>()? == 0 {
        return Err(Error::new(version.span(), "versions count from 1"));
    }
    if !marked.personal.is_empty() && marked.subject.is_none() {
        return Err(missing(
            "subject) on the field that says whose personal data this is",
        ));
    }
    let description = first_sentence(input);
    if description.is_empty() {
        return Err(Error::new(
            name.span(),
            "an event needs a doc comment: its first sentence stands in the catalogue",
        ));
    }
    let personal = marked.personal.iter().map(|(field, _)| field.to_string());
    let personal_types = marked.personal.iter().map(|(_, field_type)| field_type);
    let (topic_names, topic_fields): (Vec<_>, Vec<_>) = marked
        .topics
        .iter()
        .map(|(topic, field)| (topic.clone(), field.to_string()))
        .unzip();
    let subject = match &marked.subject {
        Some(field) => quote!(::core::option::Option::Some(::core::convert::Into::into(self.#field))),
        None => quote!(::core::option::Option::None),
    };
    let older = match &header.upcast_from {
        Some(previous) => quote! {
            <#previous as ::althing_backbone::DomainEvent>::decode(version, data).map(::core::convert::Into::into)
        },
        None => quote!(::core::result::Result::Err(
            ::althing_backbone::DecodeError::no_upcast(Self::TYPE, version)
        )),
    };
    let previous = match &header.upcast_from {
        Some(previous) => quote!(::core::option::Option::Some(
            ::althing_backbone::EventDescriptor::of::<#previous>
        )),
        None => quote!(::core::option::Option::None),
    };
    // A version that was replaced is reached through its successor's chain.
    let submit = if input.attrs.iter().any(is_superseded) {
        quote!()
    } else {
        quote! {
            ::althing_backbone::inventory::submit! {
                ::althing_backbone::Registered(::althing_backbone::EventDescriptor::of::<#name>)
            }
        }
    };
    Ok(quote! {
        impl ::althing_backbone::DomainEvent for #name {
            const TYPE: &'static str = #event_type;
            const VERSION: u32 = #version;
            const CONTEXT: &'static str = #context;
            const AGGREGATE: &'static str = #aggregate;
            const DESCRIPTION: &'static str = #description;
            const PERSONAL: &'static [&'static str] = &[#(#personal),*];
            const TOPICS: &'static [(&'static str, &'static str)] = &[#((#topic_names, #topic_fields)),*];
            const PREVIOUS: ::core::option::Option<fn() -> ::althing_backbone::EventDescriptor> = #previous;

            fn aggregate_id(&self) -> ::althing_backbone::Uuid {
                ::core::convert::Into::into(self.#aggregate_id)
            }

            fn subject(&self) -> ::core::option::Option<::althing_backbone::Uuid> {
                #subject
            }

            fn decode(
                version: u32,
                data: &str,
            ) -> ::core::result::Result<Self, ::althing_backbone::DecodeError> {
                match version.cmp(&Self::VERSION) {
                    ::core::cmp::Ordering::Equal => ::althing_backbone::DecodeError::read(Self::TYPE, data),
                    ::core::cmp::Ordering::Greater => ::core::result::Result::Err(
                        ::althing_backbone::DecodeError::newer(Self::TYPE, version, Self::VERSION),
                    ),
                    ::core::cmp::Ordering::Less => { #older }
                }
            }
        }
        const _: fn() = || {
            fn personal_field<T: ::althing_backbone::PersonalField>() {}
            #(personal_field::<#personal_types>();)*
        };
        #submit
    })
}

fn is_superseded(attribute: &syn::Attribute) -> bool {
    attribute.path().is_ident("event")
        && attribute
            .parse_args::<Path>()
            .is_ok_and(|path| path.is_ident("superseded"))
}

fn read_header(input: &DeriveInput) -> Result<Header> {
    let mut header = Header::default();
    for attribute in input
        .attrs
        .iter()
        .filter(|attribute| attribute.path().is_ident("event"))
    {
        attribute.parse_nested_meta(|meta| {
            if meta.path.is_ident("type") {
                header.event_type = Some(meta.value()?.parse()?);
            } else if meta.path.is_ident("version") {
                header.version = Some(meta.value()?.parse()?);
            } else if meta.path.is_ident("context") {
                header.context = Some(meta.value()?.parse()?);
            } else if meta.path.is_ident("aggregate") {
                header.aggregate = Some(meta.value()?.parse()?);
            } else if meta.path.is_ident("upcast_from") {
                header.upcast_from = Some(meta.value()?.parse()?);
            } else if !meta.path.is_ident("superseded") {
                return Err(
                    meta.error("expected type, version, context, aggregate, upcast_from or superseded")
                );
            }
            Ok(())
        })?;
    }
    Ok(header)
}

fn read_fields(input: &DeriveInput) -> Result<Marked> {
    let Data::Struct(data) = &input.data else {
        return Err(Error::new(input.span(), "an event is a struct"));
    };
    let Fields::Named(fields) = &data.fields else {
        return Err(Error::new(input.span(), "an event has named fields"));
    };
    let mut marked = Marked::default();
    for field in &fields.named {
        let Some(name) = &field.ident else { continue };
        for attribute in field
            .attrs
            .iter()
            .filter(|attribute| attribute.path().is_ident("event"))
        {
            attribute.parse_nested_meta(|meta| {
                if meta.path.is_ident("aggregate_id") {
                    marked.aggregate_id = Some(name.clone());
                } else if meta.path.is_ident("subject") {
                    marked.subject = Some(name.clone());
                } else if meta.path.is_ident("personal") {
                    marked.personal.push((name.clone(), field.ty.clone()));
                } else if meta.path.is_ident("topic") {
                    marked.topics.push((meta.value()?.parse()?, name.clone()));
                } else {
                    return Err(meta.error("expected aggregate_id, subject, personal or topic = \"…\""));
                }
                Ok(())
            })?;
        }
    }
    Ok(marked)
}

fn first_sentence(input: &DeriveInput) -> String {
    let mut text = String::new();
    for attribute in &input.attrs {
        if let Meta::NameValue(pair) = &attribute.meta
            && pair.path.is_ident("doc")
            && let Expr::Lit(literal) = &pair.value
            && let Lit::Str(line) = &literal.lit
        {
            text.push_str(line.value().trim());
            text.push(' ');
        }
    }
    let end = text.find(". ").map_or(text.len(), |at| at + 1);
    text[..end].trim().to_owned()
}
