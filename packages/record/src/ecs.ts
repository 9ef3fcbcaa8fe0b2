/**
 * A record as a document of Elasticsearch and OpenSearch, in fields of the Elastic Common Schema
 * where it has one (FORMAT.md 5), and the index template that goes with it.
 *
 * Pure, so that whoever has the record can make its document again and compare it, field by field,
 * with what a server holds. See ecs/document.test.ts.
 *
 * @module
 */
export { documentId, type EcsDocument, ecsDocument, type EcsInput } from './ecs/document.ts'
export {
  DATA_STREAM,
  ECS_VERSION,
  INDEX_TEMPLATE_NAME,
  INDEX_TEMPLATE_VERSION,
} from './ecs/names.ts'
export { indexTemplate, type IndexTemplateOptions } from './ecs/template.ts'
