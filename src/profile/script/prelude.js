// What a mapper written for Node.js finds around it. Evaluated once in each context; gives the
// function that makes a mapper of a script and the one that runs it.
(function (native) {
  'use strict';
  const stringify = JSON.stringify, parse = JSON.parse, fromCharCode = String.fromCharCode;
  const CHUNK = 8192;

  class Buffer extends Uint8Array {
    static from(value, encoding) {
      if (typeof value === 'string') {
        const bytes = native.decode(value, encoding === undefined ? 'utf8' : String(encoding));
        return new Buffer(bytes);
      }
      return new Buffer(value);
    }

    static isBuffer(value) {
      return value instanceof Buffer;
    }

    toString(encoding) {
      let latin1 = '';
      for (let start = 0; start < this.length; start += CHUNK) {
        latin1 += fromCharCode.apply(null, this.subarray(start, start + CHUNK));
      }
      return native.encode(latin1, encoding === undefined ? 'utf8' : String(encoding));
    }

    toJSON() {
      return { type: 'Buffer', data: Array.from(this) };
    }
  }

  const shown = (value) => (typeof value === 'string' ? value : stringify(value) ?? String(value));
  const line = (level) => (...values) => native.log(level, values.map(shown).join(' '));
  const console = {
    log: line('info'), info: line('info'), debug: line('debug'), warn: line('warn'), error: line('error'),
  };

  globalThis.Buffer = Buffer;
  globalThis.console = console;

  const describe = (error) => {
    if (!(error instanceof Error)) {
      return shown(error);
    }
    const place = /profileMapper\.js:\d+/.exec(error.stack ?? '');
    return `${error.name}: ${error.message}` + (place ? ` (${place[0]})` : '');
  };

  const module = { exports: {} };
  const require = (name) => {
    throw new Error(`the mapper calls require(${stringify(name)}), but modules of Node.js are not ` +
      'here; what it needs has to be in the mapper itself');
  };

  const settle = (state, error, profile) => {
    if (state.done) {
      return;
    }
    state.done = true;
    if (error !== null && error !== undefined && error !== false) {
      state.error = describe(error);
    } else if (profile === null || typeof profile !== 'object' || Array.isArray(profile)) {
      state.error = 'it gave no object as the profile';
    } else {
      try {
        state.text = stringify(profile);
      } catch (error) {
        state.error = describe(error);
      }
    }
  };

  return {
    load(script) {
      const given = script(module.exports, module, require);
      if (typeof module.exports !== 'function' && typeof given === 'function') {
        module.exports = given;
      }
      return typeof module.exports === 'function';
    },

    run(text, pictures) {
      const state = { done: false };
      try {
        const raw = parse(text), mapper = module.exports;
        for (const name of Object.keys(pictures)) {
          raw[name] = new Buffer(pictures[name]);
        }
        if (mapper.length > 1) {
          mapper(raw, (error, profile) => settle(state, error, profile));
        } else {
          const given = mapper(raw);
          if (given !== null && typeof given === 'object' && typeof given.then === 'function') {
            given.then((profile) => settle(state, null, profile),
              (error) => settle(state, error ?? 'a promise was rejected'));
          } else {
            settle(state, null, given);
          }
        }
      } catch (error) {
        settle(state, error ?? 'it threw nothing');
      }
      return state;
    },
  };
})
