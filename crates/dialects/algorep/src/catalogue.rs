//! The catalogue of Algorep's error codes.

use std::borrow::Cow;
use std::fmt::Write as _;

use serde::{Serialize, Serializer};
use utoipa::openapi::schema::{Object, ObjectBuilder, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

macro_rules! catalogue {
    ($( $variant:ident = $code:literal: $text:literal; )*) => {
        /// A code of Algorep's catalogue. This dialect raises four of them; the others belong to endpoints for products,
        /// declarations and batches.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Code {
            $( #[doc = concat!("`", $code, "`: ", $text)] $variant, )*
        }

        impl Code {
            /// Every code, in order.
            pub const ALL: &'static [Self] = &[$( Self::$variant, )*];

            /// The code itself.
            pub fn code(self) -> &'static str {
                match self {
                    $( Self::$variant => $code, )*
                }
            }

            /// Its text.
            pub fn text(self) -> &'static str {
                match self {
                    $( Self::$variant => $text, )*
                }
            }
        }
    };
}

catalogue! {
    UnknownError = "ALGOREP_001": "The server encountered an unknown error!";
    EcoProductNotFound = "ALGOREP_002": "Eco product could not be found";
    StoreFailed = "ALGOREP_003": "Dgraph Failed To Process The Request";
    ProducerNotFound = "ALGOREP_004": "Producer could not be found";
    BadRequest = "ALGOREP_005": "Bad Request";
    DeclarationAlreadyValidated = "ALGOREP_006": "Declaration already validated for this product";
    NotMultipart = "ALGOREP_007": "Producer Batch Process Failed: Invalid ContentType, Request Should Be Multipart/FormData.";
    NoFile = "ALGOREP_008": "No file found on request";
    TooManyFiles = "ALGOREP_009": "Too many files found on request";
    QualificationExternalIdNotFound = "ALGOREP_010": "Qualification Pipeline Failed: ExternalId Not Found";
    QualificationExternalIdTypeNotFound = "ALGOREP_011": "Qualification Pipeline Failed: ExternalIdType Not Found / Could Not Be Determined";
    QualificationProducerNrnNotFound = "ALGOREP_012": "Qualification Pipeline Failed: ProducerNrn Not Found";
    QualificationTitleOrImageNotFound = "ALGOREP_013": "Qualification Pipeline Failed: Product 'Title' Or 'Image' Could Not Be Determined, But Necessary To Compute Contributions.";
    QualificationContributionsNotFound = "ALGOREP_014": "Qualification Pipeline Failed: EcoFeez Could Not Determine Contributions.";
    QualificationFieldNotFound = "ALGOREP_015": "Qualification Pipeline Failed: EcoFeez Could Not Determine Some Necessary Field.";
    BatchCsvNotFound = "ALGOREP_016": "Producer Batch Pre Process Pipeline Failed: Could Not Find CSV File On S3.";
    BatchCsvFaulty = "ALGOREP_017": "Producer Batch Pre Process Pipeline Failed: CSV File Contains Errors";
    BatchNoProduct = "ALGOREP_018": "Producer Batch Pre Process Pipeline Failed: Did Not Find Any Product To Process In CSV File";
    BatchCreditTooLow = "ALGOREP_019": "Producer Batch Pre Process Pipeline Failed: Not Enough Credit Balance To Process All Products";
    BatchProducerIdNotFound = "ALGOREP_020": "Producer Batch Pre Process Pipeline Failed: ProducerId Not Found";
    BatchNotStored = "ALGOREP_021": "Producer Batch Pre Process Pipeline Failed: Unable To Insert Pipeline Information Into Database";
    BatchAlreadyRunning = "ALGOREP_022": "Producer Batch Pre Process Pipeline Failed: Another Running Pipeline Already Exists For This Producer";
    BatchProcessProducerIdNotFound = "ALGOREP_023": "Producer Batch Process Pipeline Failed: ProducerId Not Found";
    BatchProcessProductIdNotFound = "ALGOREP_024": "Producer Batch Process Pipeline Failed: ProductId Not Found";
    BatchProcessCountryNotFound = "ALGOREP_025": "Producer Batch Process Pipeline Failed: EprCountryCode Not Found Or Empty";
    BatchProcessPeriodNotFound = "ALGOREP_026": "Producer Batch Process Pipeline Failed: DeclarationPeriodCode Not Found";
    BatchProcessTooManyRecords = "ALGOREP_027": "Producer Batch Process Pipeline Failed: Too Many Records Consumed At Once";
    CompanyNotFound = "ALGOREP_028": "No Company Found With This NRN";
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

impl PartialSchema for Code {
    fn schema() -> RefOr<Schema> {
        let mut description = "A code of the catalogue:\n".to_owned();
        for code in Self::ALL {
            // Writing to a string does not fail.
            let _ = write!(description, "\n- `{}`: {}", code.code(), code.text());
        }
        let codes = Self::ALL.iter().map(|code| code.code());
        let schema: Object = ObjectBuilder::new()
            .schema_type(Type::String)
            .enum_values(Some(codes))
            .description(Some(description))
            .build();
        schema.into()
    }
}

impl ToSchema for Code {
    fn name() -> Cow<'static, str> {
        "AlgorepErrorCode".into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The catalogue as the document prints it.
    const DOCUMENTED: &str = include_str!("../examples/error-catalogue.json");

    #[test]
    fn all_28_documented_codes_are_there_with_their_texts_in_order() {
        let documented: serde_json::Map<String, serde_json::Value> =
            serde_json::from_str(DOCUMENTED).unwrap();
        let ours: Vec<(&str, &str)> = Code::ALL.iter().map(|code| (code.code(), code.text())).collect();
        let theirs: Vec<(&str, &str)> =
            documented.iter().map(|(code, text)| (code.as_str(), text.as_str().unwrap())).collect();
        assert_eq!(ours.len(), 28);
        assert_eq!(ours, theirs);
    }
}
