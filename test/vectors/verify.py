#!/usr/bin/env python3
"""A second verifier of Grantlog, written from FORMAT.md alone; "3.2" below is its section 3.2.

    verify.py bundle FILE.json|FILE.jsonl [--key VKEY]              proofs of single records
    verify.py ledger DIR|URL --key VKEY [--bundles FILE.jsonl]      the whole log

VKEY is the log's verifier key, or a file that holds it. Each finding is a line `word where: why`:
altered (bytes are not those that were hashed), missing (something that must be there is not),
unsigned (not signed by the log's key), conflict (two statements that cannot both be true),
malformed (not in the form that FORMAT.md demands), forged (a wrong signature, or one by a key that
may not make it). The last line is a JSON summary. Exit: 0 no findings, 1 findings, 2 wrong usage.
"""
import argparse, base64, hashlib, http.client, json, os, re, sys, urllib.request  # noqa: E401
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

class Finding(ValueError):
    """Raised with (why, word); Report.attempt adds where."""

def need(ok, why, word='malformed'):
    if not ok:
        raise Finding(why, word)

class Report:
    findings = 0

    def say(self, word, where, why):
        self.findings += 1
        print(ascii(f'{word} {where}: {why}')[1:-1])  # hostile text cannot break the line

    def attempt(self, where, call, *arguments):
        """The call's result, or None after reporting why there is none."""
        try:
            return call(*arguments)
        except (ValueError, RecursionError) as error:  # also of base64, UTF-8 and JSON decoders
            why, word = error.args if isinstance(error, Finding) else (error, 'malformed')
            self.say(word, where, why)

# ---- Encodings (Conventions)

def sha256(*parts):
    return hashlib.sha256(b''.join(parts)).digest()

def b64(data):
    return base64.b64encode(data).decode()

def b64u(data):
    return base64.urlsafe_b64encode(data).decode().rstrip('=')

def unb64(text, form=b64):
    """The bytes of b64 (or b64u) text; every spelling but the canonical one is refused."""
    data = base64.b64decode(text + '=' * (-len(text) % 4), '-_' if form is b64u else '+/')
    need(form(data) == text, 'base64 is not canonical')
    return data

def utf16(text):
    return text.encode('utf-16-be')  # fails on a lone surrogate, as RFC 8785 wants it

def parse(text, jcs=True):
    """JSON without repeated members, integers only, and (jcs) in the one form of RFC 8785; Python
    escapes strings as ECMAScript does."""
    def members(pairs):
        names = [utf16(name) for name, _ in pairs]
        need(len(set(names)) == len(names), 'JSON repeats a member')
        need(not jcs or names == sorted(names), 'JSON members are not sorted')
        return dict(pairs)

    def number(token):
        need(token.isdigit() and len(token) <= 16 and int(token) < 2**53, 'bad number in JSON')
        return int(token)
    value = json.loads(text, object_pairs_hook=members, parse_int=number, parse_float=number,
                       parse_constant=number)
    form = jcs and json.dumps(value, ensure_ascii=False, separators=(',', ':'))
    need(not jcs or form.encode() == text.encode(), 'JSON is not in JCS form')
    return value

# ---- Forms of JSON objects: member → type, range, regular expression, inner form or function

def typed(what, value, form):
    """Demands an object with exactly the members of a form; returns it."""
    need(type(value) is dict and value.keys() == form.keys(), f'{what}: wrong members')
    for name, rule in form.items():
        member = value[name]
        need(type(member) is rule if isinstance(rule, type)
             else type(member) is int and member in rule if isinstance(rule, range)
             else type(member) is str and re.fullmatch(rule, member) if isinstance(rule, str)
             else typed(name, member, rule) if isinstance(rule, dict)
             else rule(member), f'{what}: bad "{name}"')
    return value

def sized(low, high):
    return lambda value: type(value) is str and low <= len(value.encode()) <= high

def names(value):
    return (type(value) is list and all(type(name) is str for name in value)
            and value == sorted(value, key=utf16))

def int64(value):
    return (type(value) is str and re.fullmatch('0|-?[1-9][0-9]{0,18}', value)
            and -2**63 <= int(value) < 2**63)

def fields(value):
    """name → tagged value (1.4, 1.2); audit.slot.* are no fields."""
    tags = {'stringValue': sized(1, 1024), 'intValue': int64, 'boolValue': bool}
    return type(value) is dict and all(
        name and not name.startswith('audit.slot.') and type(tagged) is dict
        and typed(name, tagged, {tag: tags[tag] for tag in tags.keys() & tagged.keys()})
        for name, tagged in value.items())

def slots(value):
    known = {'user', 'actor', 'target', 'pseudonym', 'network', 'request'}
    return type(value) is dict and value.keys() <= known and all(
        type(hash) is str and re.fullmatch(HASH, hash) for hash in value.values())

HASH = '[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]'  # canonical b64u of 32 bytes
BYTES16 = '[A-Za-z0-9_-]{21}[AQgw]'
UUID, UUID7 = (f'[0-9a-f]{{8}}-[0-9a-f]{{4}}-{v}[0-9a-f]{{3}}-[0-9a-f]{{12}}' for v in (
    '[0-9a-f]{4}-[0-9a-f]', '7[0-9a-f]{3}-[89ab]'))
NANOS = '[1-9][0-9]{0,16}000'  # whole microseconds, not 0
LEAF = dict(type=str, v=range(1, 2), receivedAt=int)  # 3.2
RECORD = dict(LEAF, digest=HASH, id=UUID7, instance=BYTES16, kid=HASH, seq=int)
LEAVES = dict(record=RECORD, start=RECORD, heartbeat=RECORD, stop=RECORD,
              key=dict(LEAF, digest=HASH, id=HASH), refusals=dict(LEAF, digest=HASH, id=UUID),
              frame=dict(LEAF, count=int, first=int, hash=HASH))
CANONICAL = dict(  # 1.4, with the limits of 1.2
    attributes=fields, startTimeUnixNano=NANOS, endTimeUnixNano=NANOS, kind=range(6),
    name=sized(1, 256), parentSpanId='([0-9a-f]{16})?', spanId='(?!0{16})[0-9a-f]{16}',
    slots=slots, status=dict(code=range(1, 3), message=sized(0, 1024)),
    traceId='(?!0{32})[0-9a-f]{32}')
HEADER = dict(alg='Ed25519', kid=HASH, typ=r'grantlog-batch\+jws')  # 2.1
BATCH = dict(aud=str, c14n='grantlog-span-v1', firstSeq=int, iat=int, instance=BYTES16,
             n=range(1, 1025), prevRoot=f'({HASH})?', registry=int, root=HASH)
ENROLMENT = dict(  # 3.4
    assurance='configured|tofu', audience=str, issuers=names, kid=HASH, publicKey=HASH,
    roles=names, services=names, validFrom=int, validUntil=int)
BUNDLE = dict(  # 4
    format='grantlog-bundle-v1', canonical=str, openings=dict, jws=str, digests=str,
    enrolment=str, index=int, leaf=str, proof=str, keyIndex=int, keyLeaf=str, keyProof=str,
    logKey=str)

def read_leaf(text):
    leaf = parse(text)
    kind = leaf.get('type') if type(leaf) is dict else None
    need(type(kind) is str and kind in LEAVES, 'leaf of unknown type')
    need(len(text.encode()) <= 1024, 'leaf of more than 1,024 bytes')
    return typed(f'{kind} leaf', leaf, LEAVES[kind])

# ---- Merkle trees (RFC 9162), Ed25519, signed notes

def tree_hash(nodes):
    """The tree hash, level by level: a last node without partner moves up as it is."""
    while len(nodes) > 1:
        pairs = [sha256(b'\1', *pair) for pair in zip(nodes[::2], nodes[1::2])]
        nodes = pairs + nodes[2 * len(pairs):]
    return nodes[0] if nodes else sha256()

def verified(public, signature, message):
    """Ed25519; a key of small order or in a non-canonical encoding is refused (3.4)."""
    prime, y = 2**255 - 19, int.from_bytes(public, 'little') % 2**255
    order8 = 2707385501144840649318225287225658788936804267575313519463743609750303402022
    try:
        need(y < prime and y not in (0, 1, prime - 1, order8, prime - order8), 'weak key')
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
        return True
    except (InvalidSignature, ValueError):
        return False

def log_key(vkey):
    """A verifier key of c2sp.org/signed-note: name+id+b64(0x01 ‖ key)."""
    match = re.fullmatch(r'([^\s+]+)\+([0-9a-f]{8})\+(\S+)', vkey)
    key = unb64(match[3]) if match else b''
    need(len(key) == 33 and key[0] == 1, 'not an Ed25519 vkey')
    need(match[2] == sha256(match[1].encode(), b'\n', key)[:4].hex(), 'wrong key id in the vkey')
    return match[1], bytes.fromhex(match[2]), key[1:]

def checkpoint(note, key):
    """Size and root of a c2sp.org/tlog-checkpoint that the log's key has signed."""
    body, _, tail = note.rpartition('\n\n')
    need(tail[-1:] == '\n' and tail.count('\n') <= 100 and not re.search('[\0-\t\v-\x1f]', note),
         'not a signed note')
    signed = False
    for line in tail[:-1].split('\n'):
        match = re.fullmatch(r'— ([^\s+]+) (\S+)', line)
        signature = unb64(match[2]) if match else b''
        need(len(signature) > 4, 'not a signature line')
        if (match[1], signature[:4]) == key[:2]:
            signed = verified(key[2], signature[4:], f'{body}\n'.encode())
            need(signed, f'the signature by {key[0]} is wrong', 'forged')
    need(signed, f'no signature by {key[0]}', 'unsigned')
    match = re.fullmatch('(.+)\n(0|[1-9][0-9]{0,14})\n(.{44})(\n.+)*', body)
    need(match, 'not a checkpoint')
    need(match[1] == key[0], f'a checkpoint of another log: {match[1]}', 'conflict')
    return int(match[2]), unb64(match[3])

def logged(proof, index, entry, key):
    """Checks the c2sp.org/tlog-proof of an entry; returns its checkpoint."""
    head, _, note = proof.partition('\n\n')
    match = re.fullmatch(r'c2sp\.org/tlog-proof@v1\n(?:extra (.*)\n)?index (.+)((?:\n.{44})*)', head)
    need(match, 'not a tlog-proof')
    need(match[2] == str(index), f'the proof is of index {match[2]}', 'conflict')
    unb64(match[1] or '')
    path, node = [unb64(line) for line in match[3].split()], sha256(b'\0', entry.encode())
    size, root = checkpoint(note, key)
    inner = (index ^ size - 1).bit_length()  # below that level the path has left and right nodes
    need(index < size and len(path) == inner + bin(index >> inner).count('1'), 'bad tlog-proof')
    for level, sibling in enumerate(path):
        left = level >= inner or index >> level & 1
        node = sha256(b'\1', sibling, node) if left else sha256(b'\1', node, sibling)
    need(node == root, f'entry {index} is not in the tree of its checkpoint', 'altered')
    return size, root

# ---- One bundle (4)

def check_bundle(data, key):
    """Returns the bundle and the checkpoints of its two proofs."""
    bundle = typed('bundle', parse(data.decode(), jcs=False), BUNDLE)
    key = key or log_key(bundle['logKey'])
    span = typed('canonical form', parse(bundle['canonical']), CANONICAL)
    need(int(span['startTimeUnixNano']) < int(span['endTimeUnixNano']) < 2**64, 'bad times')
    enrolled = typed('enrolment', parse(bundle['enrolment']), ENROLMENT)
    leaf, key_leaf = read_leaf(bundle['leaf']), read_leaf(bundle['keyLeaf'])
    need('seq' in leaf and key_leaf['type'] == 'key', 'leaves of the wrong type')

    def hashed(what, label, text, expected):
        need(b64u(sha256(label, text.encode())) == expected, f'{what} is not as hashed', 'altered')
    hashed('canonical form', b'grantlog-span-v1\n', bundle['canonical'], leaf['digest'])
    hashed('enrolment', b'grantlog-key-v1\n', bundle['enrolment'], key_leaf['digest'])
    for slot, text in bundle['openings'].items():  # 1.3
        need(type(text) is str, 'an opening is not a string')
        hashed(f'opening of {slot}', b'grantlog-slot-v1\n', text, span['slots'].get(slot))
        opening = typed(f'opening of {slot}', parse(text), dict(fields=fields, salt=BYTES16))
        need(not opening['fields'].keys() & span['attributes'].keys(), 'a slot in attributes')

    signed, _, signature = bundle['jws'].rpartition('.')  # 2.1, RFC 7515
    header, _, payload = signed.partition('.')
    header = typed('JWS header', parse(unb64(header, b64u).decode()), HEADER)
    jwk = '{"crv":"Ed25519","kty":"OKP","x":"%s"}' % enrolled['publicKey']  # RFC 7638
    need(header['kid'] == leaf['kid'] == key_leaf['id'] == enrolled['kid']
         == b64u(sha256(jwk.encode())), 'the kids of leaves, key and batch differ', 'conflict')
    need(verified(unb64(enrolled['publicKey'], b64u), unb64(signature, b64u), signed.encode()),
         'the signature of the batch is wrong', 'forged')
    batch = typed('JWS payload', parse(unb64(payload, b64u).decode()), BATCH)
    digests = unb64(bundle['digests'], b64u)  # 2.2
    digests = [digests[at:at + 32] for at in range(0, len(digests), 32)]
    need(len(digests) == batch['n'] and batch['root'] == b64u(tree_hash(
        [sha256(b'\0', digest) for digest in digests])), 'digests are not as signed', 'altered')
    said = {name: value for name, tagged in span['attributes'].items()
            for value in tagged.values()}
    place = leaf['seq'] - batch['firstSeq']
    kinds = {f'audit.stream.{kind}': kind for kind in ('start', 'heartbeat', 'stop')}
    need(place in range(batch['n']) and b64u(digests[place]) == leaf['digest']
         and batch['instance'] == leaf['instance'] and said.get('audit.record.id') == leaf['id']
         and said.get('audit.sequence.number') == str(leaf['seq'])
         and kinds.get(said.get('audit.action'), 'record') == leaf['type'],
         'leaf, record and batch differ in place, instance, id, seq or type', 'conflict')

    at, role, issuer = batch['iat'] * 1000, said.get('oauth.role'), said.get('oauth.issuer')  # 3.4
    need(batch['aud'] == enrolled['audience'] and role in [None, *enrolled['roles']]
         and said.get('audit.producer.service') in enrolled['services']
         and (not enrolled['issuers'] or issuer in [None, *enrolled['issuers']])
         and enrolled['validFrom'] <= at <= (enrolled['validUntil'] or at),
         'the record is not in the scope of its key', 'forged')
    need(bundle['keyIndex'] < bundle['index'], 'the key was enrolled after the record', 'conflict')
    heads = [logged(bundle['proof'], bundle['index'], bundle['leaf'], key),
             logged(bundle['keyProof'], bundle['keyIndex'], bundle['keyLeaf'], key)]
    return bundle, heads
