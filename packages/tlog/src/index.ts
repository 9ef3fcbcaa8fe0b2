// @grantlog/tlog: the formats of transparency logs. Pure: no I/O, no `node:` module, no dependency;
// SHA-256 and Ed25519 are injected, so the same code checks proofs in a browser.
// Follows RFC 9162 section 2.1 (Merkle trees) and C2SP signed-note, tlog-checkpoint,
// tlog-cosignature (cosignature/v1), tlog-tiles and tlog-proof.
// Proven by check.test.ts (all trees up to 70 leaves), vectors.test.ts (RFC 6962, golang.org/x/mod,
// the C2SP texts, a public log and witness) and one test file beside each of the others.

export { TLOG_CODES, TlogError, type TlogCode } from './codes.ts'
export {
  HASH_BYTES,
  MAX_CACHED_TILES,
  MAX_ENTRY_BYTES,
  MAX_EXTRA_BYTES,
  MAX_NOTE_BYTES,
  MAX_NOTE_SIGNATURES,
  MAX_ORIGIN_BYTES,
  MAX_PROOF_HASHES,
  MAX_TILE_LEVEL,
  MAX_TREE_SIZE,
} from './limits.ts'

export { emptyRoot, leafHash, nodeHash, type Sha256 } from './hash.ts'
export { type SubtreeReader, treeRoot } from './tree.ts'
export { type Sha256Text, TileHasher } from './bulk.ts'
export { Frontier, type FrontierState, loadFrontier, type OnSubtree } from './frontier.ts'
export { proveConsistency, proveInclusion } from './prove.ts'
export {
  checkConsistency,
  checkInclusion,
  type ConsistencyClaim,
  type InclusionClaim,
} from './check.ts'

export {
  entriesPath,
  newTiles,
  parseTilePath,
  type Tile,
  TILE_HEIGHT,
  TILE_WIDTH,
  type TilePath,
  tilePath,
  tilesForSize,
  tileWidth,
} from './tile.ts'
export { decodeEntries, encodeEntries } from './entries.ts'
export { tileReader, type TileReaderOptions } from './tile-reader.ts'

export {
  formatVkey,
  KEY_TYPE_COSIGNATURE,
  KEY_TYPE_ED25519,
  type NoteKey,
  noteKeyId,
  parseVkey,
} from './key.ts'
export {
  decodeNote,
  decodeSignatureLines,
  encodeNote,
  type Note,
  type NoteSignature,
  type NoteSigner,
  type NoteVerifier,
  type OpenedNote,
  openNote,
  signNote,
  signNoteText,
} from './note.ts'
export { type Ed25519Key, ed25519Signer, ed25519Verifier, type Ed25519Verify } from './ed25519.ts'
export {
  type CosignatureKey,
  cosignatureSigner,
  cosignatureTime,
  cosignatureVerifier,
} from './cosignature.ts'
export {
  type Checkpoint,
  decodeCheckpoint,
  encodeCheckpoint,
  openCheckpoint,
  type OpenedCheckpoint,
  signCheckpoint,
  type TrustedLog,
} from './checkpoint.ts'
export {
  type CheckedProof,
  checkProof,
  decodeProof,
  encodeProof,
  type Proof,
  type ProofClaim,
} from './proof.ts'
