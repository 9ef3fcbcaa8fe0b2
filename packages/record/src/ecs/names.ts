/** The version of the Elastic Common Schema that documents follow. */
export const ECS_VERSION = '8.11.0'

/** `event.dataset` of every document. */
export const DATASET = 'grantlog.record'

/**
 * Where documents go: type, dataset and namespace, as Elastic's data stream naming scheme has it.
 * Where a server has no data streams, an index of the same name.
 */
export const DATA_STREAM: string = `logs-${DATASET}-default`

export const INDEX_TEMPLATE_NAME = 'grantlog-record'

/** `_meta.version` of the template; grows with each change to it. */
export const INDEX_TEMPLATE_VERSION = 1
