// Of Node's crypto the hashes and what is random.
(function (native, buffer, absent, lacking) {
  'use strict';
  const { Buffer } = buffer;

  const BLOCKS = { md5: 64, sha1: 64, sha224: 64, sha256: 64, sha384: 128, sha512: 128, 'sha512-256': 128 };
  const algorithmOf = (name) => {
    const plain = String(name).toLowerCase().replace(/^rsa-/, '').replace(/^sha-(?=\d)/, 'sha').replace('sha512/256', 'sha512-256');
    if (!Object.prototype.hasOwnProperty.call(BLOCKS, plain)) {
      throw absent(`crypto has no digest ${JSON.stringify(String(name))} here, but ${Object.keys(BLOCKS).join(', ')}`);
    }
    return plain;
  };
  const bytes = (data, encoding) => {
    if (typeof data === 'string') {
      return Buffer.from(data, encoding);
    }
    if (ArrayBuffer.isView(data)) {
      return Buffer.from(data.buffer, data.byteOffset, data.byteLength);
    }
    if (data instanceof ArrayBuffer) {
      return Buffer.from(data);
    }
    throw new TypeError('The "data" argument must be of type string or an instance of Buffer, TypedArray, or DataView');
  };
  const digest = (algorithm, data) => buffer.over(native.digest(algorithm, buffer.lettersOf(data)));

  class Hash {
    #algorithm;
    #parts = [];
    #done = false;
    constructor(algorithm) {
      this.#algorithm = algorithmOf(algorithm);
    }
    update(data, encoding) {
      if (this.#done) {
        throw new Error('Digest already called');
      }
      this.#parts.push(Buffer.from(bytes(data, encoding)));
      return this;
    }
    digest(encoding) {
      if (this.#done) {
        throw new Error('Digest already called');
      }
      this.#done = true;
      const made = digest(this.#algorithm, Buffer.concat(this.#parts));
      return encoding === undefined || encoding === null || encoding === 'buffer' ? made : made.toString(encoding);
    }
    copy() {
      const other = new Hash(this.#algorithm);
      other.#parts = [...this.#parts];
      return other;
    }
    write(data, encoding) {
      this.update(data, encoding);
      return true;
    }
    end(data, encoding) {
      if (data !== undefined) {
        this.update(data, encoding);
      }
    }
    read() {
      return this.digest();
    }
  }

  class Hmac {
    #algorithm;
    #inner;
    #outer;
    #parts;
    constructor(algorithm, key) {
      this.#algorithm = algorithmOf(algorithm);
      const block = BLOCKS[this.#algorithm];
      let own = bytes(key);
      if (own.length > block) {
        own = digest(this.#algorithm, own);
      }
      const padded = Buffer.alloc(block);
      padded.set(own);
      this.#inner = padded.map((byte) => byte ^ 0x36);
      this.#outer = padded.map((byte) => byte ^ 0x5c);
      this.#parts = [];
    }
    update(data, encoding) {
      this.#parts.push(Buffer.from(bytes(data, encoding)));
      return this;
    }
    digest(encoding) {
      const inner = digest(this.#algorithm, Buffer.concat([this.#inner, ...this.#parts]));
      const made = digest(this.#algorithm, Buffer.concat([this.#outer, inner]));
      return encoding === undefined || encoding === null || encoding === 'buffer' ? made : made.toString(encoding);
    }
  }

  const randomBytes = (size, done) => {
    if (!(size >= 0 && size <= 65536)) {
      throw new RangeError('The value of "size" is out of range: 0 to 65536 here');
    }
    const made = buffer.over(native.random(size));
    if (typeof done === 'function') {
      Promise.resolve().then(() => done(null, made));
      return undefined;
    }
    return made;
  };
  const crypto = lacking('crypto', {
    Hash, Hmac,
    createHash: (algorithm) => new Hash(algorithm),
    createHmac: (algorithm, key) => new Hmac(algorithm, key),
    hash: (algorithm, data, encoding = 'hex') => new Hash(algorithm).update(data).digest(encoding),
    getHashes: () => Object.keys(BLOCKS),
    randomBytes,
    pseudoRandomBytes: randomBytes,
    randomUUID() {
      const made = randomBytes(16);
      made[6] = (made[6] & 0x0f) | 0x40;
      made[8] = (made[8] & 0x3f) | 0x80;
      return made.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
    },
    randomInt(least, most) {
      const [low, high] = most === undefined ? [0, least] : [least, most];
      return low + Math.floor((randomBytes(6).readUIntBE(0, 6) / 2 ** 48) * (high - low));
    },
    getRandomValues(array) {
      const own = new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
      own.set(randomBytes(own.length));
      return array;
    },
    timingSafeEqual(one, other) {
      if (one.length !== other.length) {
        throw new RangeError('Input buffers must have the same byte length');
      }
      let differs = 0;
      for (let at = 0; at < one.length; at += 1) {
        differs |= one[at] ^ other[at];
      }
      return differs === 0;
    },
  }, ['createCipheriv', 'createDecipheriv', 'createCipher', 'createDecipher', 'createSign', 'createVerify', 'sign',
    'verify', 'publicEncrypt', 'privateDecrypt', 'pbkdf2', 'pbkdf2Sync', 'scrypt', 'scryptSync', 'hkdfSync',
    'generateKeyPairSync', 'generateKeySync', 'createPublicKey', 'createPrivateKey', 'createSecretKey',
    'createDiffieHellman', 'createECDH']);

  return crypto;
})
