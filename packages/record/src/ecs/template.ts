// The index template of the documents, for OpenSearch 2 and Elasticsearch 7.10 and newer alike: no
// field type that one of them lacks. Every field we know has its type from the start, so that a
// search for one that no record had yet is no error.
import { logSlotNames } from '../canonical/log.ts'
import { attributeBytesMax } from '../limits.ts'
import { ATTR, attributeDefinitions } from '../names.ts'
import type { JsonValue } from '../span.ts'
import { type DocumentPlace, ECS_VERSION, INDEX_TEMPLATE_VERSION, LOG_PLACE } from './names.ts'

/**
 * Fields and objects of one index; the default of both servers is 1,000. Ours are about 220, so
 * there is room for newer registries, and none for a stranger's thousands. More → the server
 * refuses the document.
 */
const FIELDS_MAX = 500

/** Elastic's own templates for `logs-*-*` have up to 200, and the higher number wins. */
const PRIORITY = 501

const keywords = `
  ecs.version error.code event.action event.category event.dataset event.id event.kind event.module
  event.outcome event.provider event.reason event.type parent.id service.environment service.name
  service.version span.id span.kind span.name span.status.code span.status.message trace.id
`
  .trim()
  .split(/\s+/)

/** Longer ones are kept but not found; no string of a record is longer. */
const keyword = { type: 'keyword', ignore_above: attributeBytesMax }
const long = { type: 'long' }
/** Times to the microsecond; `date` would cut them to milliseconds. Until the year 2262. */
const time = { type: 'date_nanos' }
const typesOfAttributes = { string: keyword, int: long, boolean: { type: 'boolean' } }

type Mapping = { readonly type: string; readonly ignore_above?: number }

export interface IndexTemplateOptions {
  readonly place: DocumentPlace
  /** False for a server without data streams: then the template is for a plain index. */
  readonly dataStreams: boolean
}

/** The body of `PUT _index_template/grantlog-record`, or of another place. */
export function indexTemplate({ dataStreams, place }: IndexTemplateOptions): {
  [name: string]: JsonValue
} {
  const types = fieldTypes()
  if (place === LOG_PLACE) addLogFields(types)
  return {
    index_patterns: [dataStreams ? `logs-${place.dataset}-*` : place.dataStream],
    ...(dataStreams ? { data_stream: {} } : {}),
    priority: PRIORITY,
    version: INDEX_TEMPLATE_VERSION,
    _meta: {
      managed_by: 'grantlog',
      description: 'Records of Grantlog. One with a higher _meta.version is never replaced.',
      version: INDEX_TEMPLATE_VERSION,
      ecs: ECS_VERSION,
    },
    template: {
      settings: { index: { mapping: { total_fields: { limit: FIELDS_MAX } } } },
      mappings: {
        dynamic: true,
        date_detection: false,
        dynamic_templates: [{ strings: { match_mapping_type: 'string', mapping: { ...keyword } } }],
        ...properties(types),
      },
    },
  }
}

function fieldTypes(): Map<string, Mapping> {
  const types = new Map<string, Mapping>()
  for (const name of [...Object.values(ATTR), ...keywords]) types.set(name, keyword)
  for (const { name, type } of attributeDefinitions.values()) {
    types.set(name, typesOfAttributes[type])
  }
  for (const name of ['event.duration', 'event.sequence', ATTR.GRANTLOG_INDEX])
    types.set(name, long)
  for (const name of ['@timestamp', 'event.start', 'event.end']) types.set(name, time)
  for (const name of ['client.ip', 'source.ip']) types.set(name, { type: 'ip' })
  // They stand on a scope, or in a slot: no document has them.
  for (const name of types.keys()) if (name.startsWith('audit.integrity.')) types.delete(name)
  return types
}

/** What a record does not have. */
function addLogFields(types: Map<string, Mapping>): void {
  for (const slot of logSlotNames) {
    for (const part of ['commitment', 'salt']) types.set(`audit.slot.${slot}.${part}`, keyword)
  }
  for (const name of ['log.level', 'log.logger']) types.set(name, keyword)
  for (const name of ['event.created', 'event.ingested']) types.set(name, time)
  types.set('event.severity', long)
  types.set('message', { type: 'text' })
}

interface Properties {
  properties: { [name: string]: Mapping | Properties }
}

function properties(types: ReadonlyMap<string, Mapping>): { readonly properties: JsonValue } {
  const root: Properties = { properties: {} }
  for (const [name, mapping] of types) {
    const path = name.split('.')
    const leaf = path.pop()!
    let object = root
    for (const part of path) object = (object.properties[part] ??= { properties: {} }) as Properties
    object.properties[leaf] = { ...mapping }
  }
  return root as { properties: JsonValue }
}
