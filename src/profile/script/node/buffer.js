// Node's Buffer. Evaluated once in each context; gives the function that makes it.
(function (native) {
  'use strict';
  const fromCharCode = String.fromCharCode;
  const CHUNK = 8192;
  const NAMES = {
    'utf8': 'utf8', 'utf-8': 'utf8', 'hex': 'hex', 'base64': 'base64', 'base64url': 'base64url',
    'ascii': 'ascii', 'latin1': 'latin1', 'binary': 'latin1', 'ucs2': 'utf16le', 'ucs-2': 'utf16le',
    'utf16le': 'utf16le', 'utf-16le': 'utf16le',
  };

  const fault = (Kind, code, message) => {
    const error = new Kind(message);
    error.code = code;
    return error;
  };

  // Its one name of an encoding, in any case; that of UTF-8 where none is said.
  const encodingOf = (encoding) => {
    if (encoding === undefined || encoding === null || encoding === '') {
      return 'utf8';
    }
    const name = typeof encoding === 'string' ? encoding.toLowerCase() : '';
    if (Object.prototype.hasOwnProperty.call(NAMES, name)) {
      return NAMES[name];
    }
    throw fault(TypeError, 'ERR_UNKNOWN_ENCODING', `Unknown encoding: ${String(encoding)}`);
  };

  // Half of a surrogate pair is written as U+FFFD, as Node does.
  const wellFormed = (text) => text.replace(/[\ud800-\udbff][\udc00-\udfff]|[\ud800-\udfff]/g,
    (found) => (found.length === 2 ? found : '\ufffd'));

  // The bytes of a text, each as a letter.
  const lettersOf = (bytes) => {
    let letters = '';
    for (let start = 0; start < bytes.length; start += CHUNK) {
      letters += fromCharCode.apply(null, Array.prototype.slice.call(bytes, start, start + CHUNK));
    }
    return letters;
  };

  const textOf = (bytes, encoding) => {
    switch (encoding) {
      case 'latin1':
        return lettersOf(bytes);
      case 'ascii':
        return lettersOf(bytes.map((byte) => byte & 0x7f));
      case 'utf16le': {
        let text = '';
        for (let at = 0; at + 1 < bytes.length; at += 2) {
          text += fromCharCode(bytes[at] | (bytes[at + 1] << 8));
        }
        return text;
      }
      case 'base64url':
        return native.encode(lettersOf(bytes), 'base64').replace(/\+/g, '-').replace(/\//g, '_')
          .replace(/=+$/, '');
      default:
        return native.encode(lettersOf(bytes), encoding);
    }
  };

  const bytesOf = (text, encoding) => {
    switch (encoding) {
      case 'latin1':
      case 'ascii': {
        const bytes = new Uint8Array(text.length);
        for (let at = 0; at < text.length; at += 1) {
          bytes[at] = text.charCodeAt(at);
        }
        return bytes;
      }
      case 'utf16le': {
        const bytes = new Uint8Array(text.length * 2);
        for (let at = 0; at < text.length; at += 1) {
          const unit = text.charCodeAt(at);
          bytes[2 * at] = unit;
          bytes[2 * at + 1] = unit >> 8;
        }
        return bytes;
      }
      case 'hex':
        return native.decode(/^(?:[0-9a-f]{2})*/i.exec(text)[0], 'hex');
      case 'base64':
      case 'base64url': {
        // Both alphabets in either; what is in neither is passed over, and the first = ends it.
        const letters = text.split('=', 1)[0].replace(/-/g, '+').replace(/_/g, '/')
          .replace(/[^A-Za-z0-9+/]/g, '');
        return native.decode(letters.length % 4 === 1 ? letters.slice(0, -1) : letters, 'base64');
      }
      default:
        return native.decode(wellFormed(text), 'utf8');
    }
  };

  class FastBuffer extends Uint8Array {}

  const over = (bytes) => new FastBuffer(bytes.buffer, bytes.byteOffset, bytes.byteLength);

  function Buffer(value, encodingOrOffset, length) {
    if (typeof value === 'number') {
      if (typeof encodingOrOffset === 'string') {
        throw fault(TypeError, 'ERR_INVALID_ARG_TYPE',
          'The "string" argument must be of type string. Received type number');
      }
      return Buffer.alloc(value);
    }
    return Buffer.from(value, encodingOrOffset, length);
  }

  const sizeOf = (size) => {
    if (typeof size !== 'number') {
      throw fault(TypeError, 'ERR_INVALID_ARG_TYPE', 'The "size" argument must be of type number');
    }
    if (!(size >= 0)) {
      throw fault(RangeError, 'ERR_OUT_OF_RANGE', 'The value of "size" is out of range');
    }
    return Math.trunc(size);
  };

  Object.setPrototypeOf(Buffer, Uint8Array);
  Buffer.prototype = FastBuffer.prototype;
  Object.defineProperty(Buffer.prototype, 'constructor',
    { value: Buffer, writable: true, configurable: true });
  Object.defineProperty(Buffer, Symbol.species, { configurable: true, get: () => FastBuffer });
  Buffer.poolSize = 8192;

  const isBytes = (value) => value instanceof Uint8Array;

  Buffer.from = (value, encodingOrOffset, length) => {
    if (typeof value === 'string') {
      return over(bytesOf(value, encodingOf(encodingOrOffset)));
    }
    if (value !== null && typeof value === 'object') {
      if (value instanceof ArrayBuffer) {
        const offset = encodingOrOffset === undefined ? 0 : Number(encodingOrOffset) || 0;
        return length === undefined ? new FastBuffer(value, offset)
          : new FastBuffer(value, offset, length);
      }
      if (ArrayBuffer.isView(value) || Array.isArray(value)) {
        return new FastBuffer(value);
      }
      if (value.type === 'Buffer' && Array.isArray(value.data)) {
        return new FastBuffer(value.data);
      }
      const plain = typeof value.valueOf === 'function' ? value.valueOf() : value;
      if (plain !== null && plain !== undefined && plain !== value) {
        return Buffer.from(plain, encodingOrOffset, length);
      }
      if (typeof value.length === 'number') {
        return new FastBuffer(Array.from(value));
      }
      if (typeof value[Symbol.toPrimitive] === 'function') {
        return Buffer.from(value[Symbol.toPrimitive]('string'), encodingOrOffset);
      }
      if (value.buffer instanceof ArrayBuffer) {
        return new FastBuffer(0);
      }
    }
    throw fault(TypeError, 'ERR_INVALID_ARG_TYPE',
      'The first argument must be of type string or an instance of Buffer, ArrayBuffer, or Array or an ' +
      `Array-like Object. Received ${value === null ? 'null' : typeof value}`);
  };
  Buffer.of = (...bytes) => new FastBuffer(bytes);
  Buffer.alloc = (size, fill, encoding) => {
    const made = new FastBuffer(sizeOf(size));
    return fill === undefined || fill === 0 ? made : made.fill(fill, encoding);
  };
  Buffer.allocUnsafe = (size) => new FastBuffer(sizeOf(size));
  Buffer.allocUnsafeSlow = Buffer.allocUnsafe;
  Buffer.isBuffer = (value) => value instanceof Buffer;
  Buffer.isEncoding = (encoding) =>
    typeof encoding === 'string' && encoding !== '' &&
    Object.prototype.hasOwnProperty.call(NAMES, encoding.toLowerCase());
  Buffer.byteLength = (value, encoding) => {
    if (typeof value === 'string') {
      // Node takes an encoding that it does not know for UTF-8 here, and counts letters of the others.
      const known = Buffer.isEncoding(encoding) ? encodingOf(encoding) : 'utf8';
      if (known === 'hex') {
        return value.length >>> 1;
      }
      if (known === 'base64' || known === 'base64url') {
        const end = /={0,2}$/.exec(value)[0].length;
        return ((value.length - (value.length > 1 ? end : 0)) * 3) >>> 2;
      }
      return bytesOf(value, known).length;
    }
    if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) {
      return value.byteLength;
    }
    throw fault(TypeError, 'ERR_INVALID_ARG_TYPE',
      'The "string" argument must be of type string or an instance of Buffer or ArrayBuffer');
  };
  Buffer.concat = (list, total) => {
    if (!Array.isArray(list) || !list.every(isBytes)) {
      throw fault(TypeError, 'ERR_INVALID_ARG_TYPE',
        'The "list" argument must be an instance of Array of Buffer or Uint8Array');
    }
    const size = total === undefined ? list.reduce((sum, one) => sum + one.length, 0) : sizeOf(total);
    const made = Buffer.alloc(size);
    let at = 0;
    for (const one of list) {
      if (at >= size) {
        break;
      }
      const part = one.length > size - at ? one.subarray(0, size - at) : one;
      made.set(part, at);
      at += part.length;
    }
    return made;
  };
  Buffer.compare = (one, other) => {
    if (!isBytes(one) || !isBytes(other)) {
      throw fault(TypeError, 'ERR_INVALID_ARG_TYPE', 'Both must be an instance of Buffer or Uint8Array');
    }
    const least = Math.min(one.length, other.length);
    for (let at = 0; at < least; at += 1) {
      if (one[at] !== other[at]) {
        return one[at] < other[at] ? -1 : 1;
      }
    }
    return Math.sign(one.length - other.length);
  };

  const within = (at, usual, most) => {
    const number = at === undefined ? usual : Math.trunc(Number(at)) || 0;
    return Math.max(0, Math.min(number, most));
  };
  const needle = (value, encoding) => {
    if (typeof value === 'number') {
      return Uint8Array.of(value);
    }
    return typeof value === 'string' ? bytesOf(value, encodingOf(encoding)) : value;
  };
  const isAt = (bytes, wanted, at) => {
    for (let index = 0; index < wanted.length; index += 1) {
      if (bytes[at + index] !== wanted[index]) {
        return false;
      }
    }
    return true;
  };
  const place = (size, at, bytes) => {
    if (typeof at !== 'number') {
      throw fault(TypeError, 'ERR_INVALID_ARG_TYPE', 'The "offset" argument must be of type number');
    }
    if (!Number.isInteger(at) || at < 0 || at + bytes > size) {
      throw fault(RangeError, 'ERR_OUT_OF_RANGE', 'The value of "offset" is out of range');
    }
  };
  const view = (bytes) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

  const own = {
    toString(encoding, start, end) {
      const from = within(start, 0, this.length), to = within(end, this.length, this.length);
      const whole = from === 0 && to === this.length;
      const part = whole ? this : this.subarray(from, Math.max(from, to));
      return textOf(part, encodingOf(encoding));
    },
    toLocaleString(...given) {
      return this.toString(...given);
    },
    toJSON() {
      return { type: 'Buffer', data: Array.from(this) };
    },
    inspect() {
      return `<Buffer ${Array.from(this.subarray(0, 50), (byte) => byte.toString(16).padStart(2, '0'))
        .join(' ')}${this.length > 50 ? ` ... ${this.length - 50} more bytes` : ''}>`;
    },
    equals(other) {
      return Buffer.compare(this, other) === 0;
    },
    compare(other, start, end, from, to) {
      return Buffer.compare(this.subarray(within(from, 0, this.length), within(to, this.length, this.length)),
        other.subarray(within(start, 0, other.length), within(end, other.length, other.length)));
    },
    slice(start, end) {
      return this.subarray(start, end);
    },
    copy(target, at = 0, start = 0, end = this.length) {
      const part = this.subarray(start, Math.min(end, start + Math.max(0, target.length - at)));
      target.set(part, at);
      return part.length;
    },
    write(text, offset, length, encoding) {
      if (typeof offset === 'string') {
        return this.write(text, 0, this.length, offset);
      }
      if (typeof length === 'string') {
        return this.write(text, offset, undefined, length);
      }
      const at = within(offset, 0, this.length), room = within(length, this.length - at, this.length - at);
      const name = encodingOf(encoding);
      let bytes = bytesOf(text, name).subarray(0, room);
      if (name === 'utf16le') {
        bytes = bytes.subarray(0, bytes.length & ~1);
      }
      if (name === 'utf8' && bytes.length === room) {
        // No part of a letter is written.
        let most = bytes.length;
        while (most > 0 && textOf(bytes.subarray(0, most), 'utf8').endsWith('\ufffd') && bytes.length - most < 4) {
          most -= 1;
        }
        bytes = bytes.length - most < 4 ? bytes.subarray(0, most) : bytes;
      }
      this.set(bytes, at);
      return bytes.length;
    },
    fill(value, start, end, encoding) {
      if (typeof start === 'string') {
        return this.fill(value, 0, this.length, start);
      }
      if (typeof end === 'string') {
        return this.fill(value, start, this.length, end);
      }
      const from = within(start, 0, this.length), to = within(end, this.length, this.length);
      const bytes = typeof value === 'boolean' ? Uint8Array.of(value ? 1 : 0) : needle(value, encoding);
      if (bytes.length === 0 && value.length > 0) {
        throw fault(TypeError, 'ERR_INVALID_ARG_VALUE', `The argument 'value' is invalid. Received ${value}`);
      }
      for (let at = from; at < to; at += 1) {
        this[at] = bytes.length === 0 ? 0 : bytes[(at - from) % bytes.length];
      }
      return this;
    },
    indexOf(value, start, encoding) {
      const from = typeof start === 'string' ? 0 : start ?? 0;
      const wanted = needle(value, typeof start === 'string' ? start : encoding);
      let at = from < 0 ? Math.max(0, this.length + from) : from;
      if (wanted.length === 0) {
        return Math.min(at, this.length);
      }
      for (; at + wanted.length <= this.length; at += 1) {
        if (isAt(this, wanted, at)) {
          return at;
        }
      }
      return -1;
    },
    lastIndexOf(value, start, encoding) {
      const wanted = needle(value, typeof start === 'string' ? start : encoding);
      const from = typeof start === 'number' ? (start < 0 ? this.length + start : start) : this.length;
      for (let at = Math.min(from, this.length - wanted.length); at >= 0; at -= 1) {
        if (isAt(this, wanted, at)) {
          return at;
        }
      }
      return -1;
    },
    includes(value, start, encoding) {
      return this.indexOf(value, start, encoding) !== -1;
    },
    readUIntBE(at, size) {
      place(this.length, at, size);
      let number = 0;
      for (let index = 0; index < size; index += 1) {
        number = number * 256 + this[at + index];
      }
      return number;
    },
    readUIntLE(at, size) {
      place(this.length, at, size);
      let number = 0;
      for (let index = size - 1; index >= 0; index -= 1) {
        number = number * 256 + this[at + index];
      }
      return number;
    },
    readIntBE(at, size) {
      const number = this.readUIntBE(at, size), half = 2 ** (8 * size - 1);
      return number >= half ? number - 2 * half : number;
    },
    readIntLE(at, size) {
      const number = this.readUIntLE(at, size), half = 2 ** (8 * size - 1);
      return number >= half ? number - 2 * half : number;
    },
    writeUIntBE(value, at, size) {
      place(this.length, at, size);
      let rest = value < 0 ? value + 2 ** (8 * size) : value;
      for (let index = size - 1; index >= 0; index -= 1) {
        this[at + index] = rest % 256;
        rest = Math.floor(rest / 256);
      }
      return at + size;
    },
    writeUIntLE(value, at, size) {
      place(this.length, at, size);
      let rest = value < 0 ? value + 2 ** (8 * size) : value;
      for (let index = 0; index < size; index += 1) {
        this[at + index] = rest % 256;
        rest = Math.floor(rest / 256);
      }
      return at + size;
    },
    swap16() {
      return swapped(this, 2);
    },
    swap32() {
      return swapped(this, 4);
    },
    swap64() {
      return swapped(this, 8);
    },
  };
  own.writeIntBE = own.writeUIntBE;
  own.writeIntLE = own.writeUIntLE;
  const swapped = (bytes, size) => {
    if (bytes.length % size !== 0) {
      throw fault(RangeError, 'ERR_INVALID_BUFFER_SIZE', `Buffer size must be a multiple of ${8 * size}-bits`);
    }
    for (let at = 0; at < bytes.length; at += size) {
      bytes.subarray(at, at + size).reverse();
    }
    return bytes;
  };
  const numbers = [['UInt8', 'Uint8', 1], ['Int8', 'Int8', 1], ['UInt16', 'Uint16', 2], ['Int16', 'Int16', 2],
    ['UInt32', 'Uint32', 4], ['Int32', 'Int32', 4], ['Float', 'Float32', 4], ['Double', 'Float64', 8],
    ['BigUInt64', 'BigUint64', 8], ['BigInt64', 'BigInt64', 8]];
  for (const [name, kind, size] of numbers) {
    for (const [end, little] of size === 1 ? [['', true]] : [['LE', true], ['BE', false]]) {
      own[`read${name}${end}`] = function (at = 0) {
        place(this.length, at, size);
        return view(this)[`get${kind}`](at, little);
      };
      own[`write${name}${end}`] = function (value, at = 0) {
        place(this.length, at, size);
        view(this)[`set${kind}`](at, value, little);
        return at + size;
      };
    }
  }
  for (const name of Object.keys(own)) {
    const alias = name.replace(/(?<=read|write|Big)UInt/, 'Uint');
    for (const known of new Set([name, alias])) {
      Object.defineProperty(Buffer.prototype, known,
        { value: own[name], writable: true, configurable: true, enumerable: false });
    }
  }
  Object.defineProperty(Buffer.prototype, 'parent', { configurable: true, get() { return this.buffer; } });
  Object.defineProperty(Buffer.prototype, 'offset', { configurable: true, get() { return this.byteOffset; } });

  const atob = (text) => textOf(bytesOf(String(text), 'base64'), 'latin1');
  const btoa = (text) => {
    const letters = String(text);
    if (/[^\0-\xff]/.test(letters)) {
      throw new Error('Invalid character');
    }
    return native.encode(letters, 'base64');
  };
  class TextEncoder {
    get encoding() {
      return 'utf-8';
    }
    encode(text = '') {
      return new Uint8Array(bytesOf(String(text), 'utf8'));
    }
  }
  class TextDecoder {
    #name;
    constructor(encoding = 'utf-8') {
      const name = String(encoding).toLowerCase();
      const known = { 'utf-8': 'utf8', 'utf8': 'utf8', 'utf-16le': 'utf16le', 'utf-16': 'utf16le',
        'latin1': 'latin1', 'iso-8859-1': 'latin1', 'windows-1252': 'latin1', 'ascii': 'latin1' };
      if (!Object.prototype.hasOwnProperty.call(known, name)) {
        throw new RangeError(`The "${encoding}" encoding is not supported`);
      }
      this.#name = known[name];
    }
    get encoding() {
      return this.#name === 'utf8' ? 'utf-8' : this.#name;
    }
    decode(bytes = new Uint8Array(0)) {
      const whole = bytes instanceof ArrayBuffer ? new Uint8Array(bytes)
        : new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      return textOf(whole, this.#name).replace(/^\ufeff/, '');
    }
  }

  return {
    Buffer, SlowBuffer: Buffer.alloc, atob, btoa, TextEncoder, TextDecoder,
    kMaxLength: 2 ** 30, constants: { MAX_LENGTH: 2 ** 30, MAX_STRING_LENGTH: 2 ** 29 },
    lettersOf, over,
  };
})
