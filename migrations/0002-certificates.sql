-- The certificate of a camera that nobody vouches for, which a person has compared and trusts: its SHA-256 fingerprint
-- as 32 upper-case pairs of hexadecimal digits with colons between them. Null: only vouched ones are trusted.
alter table cameras add column tls_fingerprint text
  check (tls_fingerprint is null or length(tls_fingerprint) = 95);
