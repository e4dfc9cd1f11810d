// Node's util.
(function (buffer, lacking) {
  'use strict';
  const { Buffer } = buffer;

  const isObject = (value) => value !== null && typeof value === 'object';

  const inspect = (value, given) => {
    const most = isObject(given) && given.depth !== undefined ? given.depth ?? Infinity : 2;
    const shown = (one, depth, above) => {
      switch (typeof one) {
        case 'string':
          return depth === 0 && above.length === 0 && !quoted ? one : `'${one.replace(/'/g, "\\'").replace(/\n/g, '\\n')}'`;
        case 'function':
          return `[${one.prototype && /^class\s/.test(String(one)) ? 'class' : 'Function'}${one.name ? `: ${one.name}` : ' (anonymous)'}]`;
        case 'symbol':
          return String(one);
        case 'bigint':
          return `${one}n`;
        case 'number':
          return Object.is(one, -0) ? '-0' : String(one);
        case 'object':
          break;
        default:
          return String(one);
      }
      if (one === null) {
        return 'null';
      }
      if (above.includes(one)) {
        return '[Circular *1]';
      }
      if (one instanceof Error) {
        return one.stack && one.stack.includes(one.message) ? one.stack : `${one.name}: ${one.message}`;
      }
      if (one instanceof Date) {
        return isNaN(one) ? 'Invalid Date' : one.toISOString();
      }
      if (one instanceof RegExp) {
        return String(one);
      }
      if (Buffer.isBuffer(one)) {
        return one.inspect();
      }
      if (depth > most) {
        return Array.isArray(one) ? '[Array]' : '[Object]';
      }
      const within = [...above, one], inner = (item) => shown(item, depth + 1, within);
      const listed = (open, items, close) => {
        if (items.length === 0) {
          return `${open}${close}`;
        }
        const text = `${open} ${items.join(', ')} ${close}`;
        return text.length <= 76 && !text.includes('\n') ? text
          : `${open}\n  ${items.join(',\n').replace(/\n/g, '\n  ')}\n${close}`;
      };
      if (Array.isArray(one)) {
        const items = one.slice(0, 100).map(inner);
        return listed('[', one.length > 100 ? [...items, `... ${one.length - 100} more items`] : items, ']');
      }
      if (one instanceof Map) {
        return `Map(${one.size}) ${listed('{', [...one].map(([key, item]) => `${inner(key)} => ${inner(item)}`), '}')}`;
      }
      if (one instanceof Set) {
        return `Set(${one.size}) ${listed('{', [...one].map(inner), '}')}`;
      }
      const key = (name) => (/^[A-Za-z_$][\w$]*$/.test(name) ? name : `'${name}'`);
      const kind = one.constructor && one.constructor.name;
      const front = kind === 'Object' || Object.getPrototypeOf(one) === null ? '' : `${kind || 'Object'} `;
      return front + listed('{', Object.keys(one).map((name) => `${key(name)}: ${inner(one[name])}`), '}');
    };
    let quoted = true;
    return shown(value, 0, []);
  };
  inspect.custom = Symbol.for('nodejs.util.inspect.custom');
  inspect.defaultOptions = {};

  const format = (...values) => {
    let rest = values;
    let text = '';
    if (typeof values[0] === 'string') {
      rest = values.slice(1);
      text = values[0].replace(/%([sdifjoOc%])/g, (found, kind) => {
        if (kind === '%') {
          return '%';
        }
        if (rest.length === 0) {
          return found;
        }
        const value = rest.shift();
        switch (kind) {
          case 's':
            return isObject(value) && !(value instanceof Error) ? inspect(value, { depth: 0 }) : String(value);
          case 'd':
            return String(Number(value));
          case 'i':
            return String(parseInt(value, 10));
          case 'f':
            return String(parseFloat(value));
          case 'j':
            try {
              return JSON.stringify(value);
            } catch (_) {
              return '[Circular]';
            }
          case 'c':
            return '';
          default:
            return inspect(value, { depth: 4 });
        }
      });
    } else {
      text = values.length === 0 ? '' : inspect(rest.shift());
    }
    return [text, ...rest.map((value) => (typeof value === 'string' ? value : inspect(value)))].join(' ');
  };

  const isDeepStrictEqual = (one, other) => {
    if (Object.is(one, other)) {
      return true;
    }
    if (!isObject(one) || !isObject(other) || Object.getPrototypeOf(one) !== Object.getPrototypeOf(other)) {
      return false;
    }
    if (one instanceof Date) {
      return one.getTime() === other.getTime();
    }
    if (one instanceof RegExp) {
      return String(one) === String(other);
    }
    const names = Object.keys(one);
    return names.length === Object.keys(other).length &&
      names.every((name) => Object.prototype.hasOwnProperty.call(other, name) && isDeepStrictEqual(one[name], other[name]));
  };

  const util = lacking('util', {
    inspect, format, isDeepStrictEqual,
    formatWithOptions: (_, ...values) => format(...values),
    inherits(one, parent) {
      Object.defineProperty(one, 'super_', { value: parent, writable: true, configurable: true });
      Object.setPrototypeOf(one.prototype, parent.prototype);
    },
    promisify(call) {
      return function (...given) {
        return new Promise((resolve, reject) => {
          call.call(this, ...given, (error, value) => (error ? reject(error) : resolve(value)));
        });
      };
    },
    callbackify(call) {
      return function (...given) {
        const done = given.pop();
        call.apply(this, given).then((value) => done(null, value), (error) => done(error));
      };
    },
    deprecate: (call) => call,
    debuglog: () => () => {},
    _extend: (target, source) => (isObject(source) ? Object.assign(target, source) : target),
    isArray: Array.isArray,
    isBoolean: (value) => typeof value === 'boolean',
    isBuffer: Buffer.isBuffer,
    isDate: (value) => value instanceof Date,
    isError: (value) => value instanceof Error,
    isFunction: (value) => typeof value === 'function',
    isNull: (value) => value === null,
    isNullOrUndefined: (value) => value === null || value === undefined,
    isNumber: (value) => typeof value === 'number',
    isObject,
    isPrimitive: (value) => value === null || (typeof value !== 'object' && typeof value !== 'function'),
    isRegExp: (value) => value instanceof RegExp,
    isString: (value) => typeof value === 'string',
    isSymbol: (value) => typeof value === 'symbol',
    isUndefined: (value) => value === undefined,
    stripVTControlCharacters: (text) => text.replace(/\u001b\[[0-9;]*[A-Za-z]/g, ''),
    toUSVString: (text) => Buffer.from(String(text)).toString(),
    types: {
      isDate: (value) => value instanceof Date,
      isRegExp: (value) => value instanceof RegExp,
      isPromise: (value) => value instanceof Promise,
      isNativeError: (value) => value instanceof Error,
      isMap: (value) => value instanceof Map,
      isSet: (value) => value instanceof Set,
      isTypedArray: (value) => ArrayBuffer.isView(value) && !(value instanceof DataView),
      isUint8Array: (value) => value instanceof Uint8Array,
      isArrayBuffer: (value) => value instanceof ArrayBuffer,
      isAnyArrayBuffer: (value) => value instanceof ArrayBuffer,
      isArrayBufferView: ArrayBuffer.isView,
    },
    TextEncoder: buffer.TextEncoder,
    TextDecoder: buffer.TextDecoder,
  }, ['parseArgs', 'styleText', 'getSystemErrorName']);

  return util;
})
