// What a server that searches keeps of each kind of what is sealed, and where: records in one data
// stream, audit log records in another, for their fields differ. See search.test.ts.
import {
  documentId,
  ecsDocument,
  ecsLogDocument,
  LOG_PLACE,
  logDocumentId,
  RECORD_PLACE,
} from '@grantlog/record/ecs'
import type { LogUnit } from './logs/source.ts'
import type { RecordUnit } from './records.ts'
import type { Documents } from './search.ts'

export const recordDocuments: Documents<RecordUnit> = {
  place: RECORD_PLACE,
  of: ({ projected }) => ({ id: documentId(projected), document: ecsDocument(projected) }),
}

export const logDocuments: Documents<LogUnit> = {
  place: LOG_PLACE,
  of: ({ projected }) => ({ id: logDocumentId(projected), document: ecsLogDocument(projected) }),
}
