//! An index as a server describes it.

use crate::execute::params::pair_value;
use crate::milvus::{Client, Error, Platform};
use milvus_proto::milvus as pb;

#[derive(Clone, Debug)]
pub(crate) struct Index {
    pub(crate) name: String,
    pub(crate) field: String,
    pub(crate) index_type: String,
    /// "" where it has none (scalar indexes)
    pub(crate) metric: String,
    /// the other parameters, as the server gives them
    pub(crate) params: Vec<(String, String)>,
    pub(crate) indexed_rows: i64,
    pub(crate) total_rows: i64,
    pub(crate) state: i32,
}

impl Index {
    /// The indexes of a collection; none is no error.
    pub(crate) async fn fetch<P: Platform>(
        client: &Client<P>,
        name: &str,
    ) -> Result<Vec<Index>, Error> {
        let request = pb::DescribeIndexRequest {
            db_name: client.database(),
            collection_name: name.to_string(),
            ..Default::default()
        };
        match client.send(request).await {
            Ok(reply) => Ok(reply.index_descriptions.into_iter().map(Index::new).collect()),
            Err(error) if error.is_index_not_found() => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }

    fn new(description: pb::IndexDescription) -> Index {
        let mut params: Vec<(String, String)> = Vec::new();
        let mut index = Index {
            name: description.index_name,
            field: description.field_name,
            index_type: pair_value(&description.params, "index_type")
                .unwrap_or_default()
                .to_string(),
            metric: pair_value(&description.params, "metric_type").unwrap_or_default().to_string(),
            params: Vec::new(),
            indexed_rows: description.indexed_rows,
            total_rows: description.total_rows,
            state: description.state,
        };
        for pair in description.params {
            match pair.key.as_str() {
                "index_type" | "metric_type" | "mmap.enabled" | "dim" => {}
                // some servers keep the parameters as one JSON object
                "params" => {
                    if let Ok(serde_json::Value::Object(object)) = serde_json::from_str(&pair.value)
                    {
                        params.extend(object.into_iter().map(|(key, value)| {
                            (key, value.as_str().map_or_else(|| value.to_string(), str::to_string))
                        }));
                    }
                }
                _ => params.push((pair.key, pair.value)),
            }
        }
        params.retain(|(key, _)| key != "metric_type" && key != "index_type");
        params.sort();
        index.params = params;
        index
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::execute::params::pair;

    #[test]
    fn an_index_is_what_a_server_describes() {
        let index = Index::new(pb::IndexDescription {
            index_name: "i".to_string(),
            field_name: "v".to_string(),
            params: vec![
                pair("metric_type", "L2"),
                pair("index_type", "HNSW"),
                pair("params", r#"{"efConstruction": 100, "metric_type": "L2", "M": "8"}"#),
                pair("dim", 8),
                pair("nlist", 16),
            ],
            ..Default::default()
        });
        assert_eq!((index.index_type.as_str(), index.metric.as_str()), ("HNSW", "L2"));
        let params: Vec<String> =
            index.params.iter().map(|(name, value)| format!("{name}={value}")).collect();
        assert_eq!(params.join(" "), "M=8 efConstruction=100 nlist=16");
    }
}
