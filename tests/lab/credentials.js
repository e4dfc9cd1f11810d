// Encrypts the password on standard input as the AD/LDAP Connector stores it, by Node's own crypto:
//   node credentials.js scrypt|legacy KEY_FILE
const crypto = require('crypto');
const fs = require('fs');

const [format, keyFile] = process.argv.slice(2);
const password = fs.readFileSync(0, 'utf8');
const key = fs.readFileSync(keyFile);

function encrypt(secret, iv) {
  const cipher = crypto.createCipheriv('aes-256-cbc', secret, iv);
  return Buffer.concat([cipher.update(password, 'utf8'), cipher.final()]).toString('hex');
}

if (format === 'scrypt') {
  const salt = crypto.randomBytes(16);
  const iv = crypto.randomBytes(16);
  const text = encrypt(crypto.scryptSync(key, salt, 32), iv);
  console.log(['$2$', salt.toString('hex'), iv.toString('hex'), text].join('.'));
} else {
  // EVP_BytesToKey: MD5, one round, no salt.
  let derived = Buffer.alloc(0);
  let block = Buffer.alloc(0);
  while (derived.length < 48) {
    block = crypto.createHash('md5').update(block).update(key).digest();
    derived = Buffer.concat([derived, block]);
  }
  console.log(encrypt(derived.subarray(0, 32), derived.subarray(32, 48)));
}
