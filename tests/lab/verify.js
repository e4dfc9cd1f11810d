// Verifies an assertion's signature by npm's xml-crypto, under one given certificate:
//
//   node verify.js CERTIFICATE.pem ASSERTION.xml
"use strict";
const fs = require("fs");
const { DOMParser } = require("@xmldom/xmldom");
const { SignedXml } = require("xml-crypto");

const [certificate, path] = process.argv.slice(2);
const xml = fs.readFileSync(path, "utf8");
const root = new DOMParser().parseFromString(xml, "text/xml").documentElement;
const signatures = Array.from(root.childNodes).filter((node) => node.localName === "Signature");
if (signatures.length !== 1) {
    throw new Error(`${signatures.length} signatures in the assertion`);
}

const signed = new SignedXml({
    publicCert: fs.readFileSync(certificate, "utf8"),
    // The token's own KeyInfo is not trusted.
    getCertFromKeyInfo: () => null,
    idAttribute: "AssertionID",
});
signed.loadSignature(signatures[0]);
if (!signed.checkSignature(xml)) {
    throw new Error("the signature does not hold");
}
const references = signed.getReferences();
if (references.length !== 1 || references[0].uri !== `#${root.getAttribute("AssertionID")}`) {
    throw new Error("the signature is not that of the assertion");
}
