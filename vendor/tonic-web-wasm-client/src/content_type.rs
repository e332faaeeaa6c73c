const GRPC_WEB: &str = "application/grpc-web";
const GRPC_WEB_PROTO: &str = "application/grpc-web+proto";

/// Whether a reply is what was asked for. `application/grpc-web-text` was not.
pub fn is_grpc_web(content_type: &str) -> bool {
    content_type
        .split(';')
        .any(|part| matches!(part.trim(), GRPC_WEB | GRPC_WEB_PROTO))
}
