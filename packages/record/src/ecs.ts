/**
 * A record, or an audit log record, as a document of Elasticsearch and OpenSearch, in fields of the
 * Elastic Common Schema where it has one (FORMAT.md 5), and the index template that goes with it.
 *
 * Pure, so that whoever has the record can make its document again and compare it, field by field,
 * with what a server holds. See ecs/document.test.ts and
 * ecs/log-document.test.ts.
 *
 * @module
 */
export { documentId, ecsDocument, type EcsInput } from './ecs/document.ts'
export type { EcsDocument } from './ecs/fields.ts'
export { ecsLogDocument, type EcsLogInput, logDocumentId } from './ecs/log-document.ts'
export {
  type DocumentPlace,
  ECS_VERSION,
  INDEX_TEMPLATE_VERSION,
  LOG_PLACE,
  RECORD_PLACE,
} from './ecs/names.ts'
export { indexTemplate, type IndexTemplateOptions } from './ecs/template.ts'
