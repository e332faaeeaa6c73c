pub mod texts {
    use crate::catalog::Collection;
    use crate::error::Result;
    use crate::expr::Texts;
    pub struct FieldTexts;
    impl FieldTexts {
        pub fn new(_: &Collection) -> Result<FieldTexts> {
            Ok(FieldTexts)
        }
    }
    impl Texts for FieldTexts {
        fn text_match(&self, _: usize, _: usize, _: &str, _: usize) -> bool {
            false
        }
        fn phrase_match(&self, _: usize, _: usize, _: &str, _: u32) -> bool {
            false
        }
    }
}
use crate::catalog::Collection;
use crate::error::Result;
use milvus_proto::milvus as pb;
pub fn search(_: &Collection, _: &pb::SearchRequest) -> Result<pb::SearchResults> {
    Ok(Default::default())
}
pub fn hybrid(_: &Collection, _: &pb::HybridSearchRequest) -> Result<pb::SearchResults> {
    Ok(Default::default())
}
