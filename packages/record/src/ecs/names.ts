/** The version of the Elastic Common Schema that documents follow. */
export const ECS_VERSION = '8.11.0'

/** Where the documents of a kind go. */
export interface DocumentPlace {
  /** `event.dataset` of each of them. */
  readonly dataset: string
  /**
   * Type, dataset and namespace, as Elastic's data stream naming scheme has it. Where a server has
   * no data streams, an index of the same name.
   */
  readonly dataStream: string
  /** Name of the index template. */
  readonly template: string
}

/** Of records. */
export const RECORD_PLACE: DocumentPlace = placeOf('record')

/** Of audit log records. */
export const LOG_PLACE: DocumentPlace = placeOf('log')

/** `_meta.version` of the templates; grows with each change to one. */
export const INDEX_TEMPLATE_VERSION = 1

function placeOf(kind: string): DocumentPlace {
  const dataset = `grantlog.${kind}`
  return { dataset, dataStream: `logs-${dataset}-default`, template: `grantlog-${kind}` }
}
