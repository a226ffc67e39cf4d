-- A database of schema version 2 with a little of everything: an event for two webhooks, one with a retry, a dead letter, and a fresh event of which one webhook has got its delivery.
PRAGMA user_version=2;
BEGIN TRANSACTION;
CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
INSERT INTO meta VALUES('list_fetched','1');
INSERT INTO meta VALUES('queue_time','{"boot_id":"boot-1","monotonic":3600000000,"next_event":10,"queue":1250000,"synchronized":true,"wall":1750000000000}');
CREATE TABLE webhook(position INTEGER PRIMARY KEY, key TEXT NOT NULL, json TEXT NOT NULL);
INSERT INTO webhook VALUES(0,'1','{"id":1,"name":"door","target":"http://127.0.0.1:9000/","filters":{}}');
INSERT INTO webhook VALUES(1,'2','{"id":2,"name":"gate","target":"http://127.0.0.1:9001/","filters":{}}');
CREATE TABLE event(id INTEGER PRIMARY KEY, event_id TEXT NOT NULL, given INTEGER NOT NULL, accepted_at INTEGER NOT NULL, body BLOB NOT NULL);
INSERT INTO event VALUES(7,'4589691150480880065',1,1240000,CAST('{"id":"4589691150480880065"}' AS BLOB));
INSERT INTO event VALUES(8,'019790a5-8c35-7b3e-8a67-0d2f6c1c7d11',0,1241000,CAST('{"type":"face"}' AS BLOB));
CREATE TABLE delivery(
  id INTEGER PRIMARY KEY, webhook TEXT NOT NULL, state INTEGER NOT NULL, attempts INTEGER NOT NULL, due INTEGER NOT NULL,
  last_status INTEGER NOT NULL, last_error TEXT NOT NULL, history TEXT NOT NULL);
INSERT INTO delivery VALUES(458752,'1',0,1,1249000,503,'503 Service Unavailable','[[1,1248000,503,"503 Service Unavailable"]]');
INSERT INTO delivery VALUES(458753,'2',0,0,0,0,'','');
INSERT INTO delivery VALUES(524288,'1',1,2,1250000,0,'connect: connection refused','[[1,1248000,0,"connect: connection refused"],[2,1250000,0,"connect: connection refused"]]');
CREATE TABLE fresh_event(id INTEGER PRIMARY KEY, event_id TEXT NOT NULL, given INTEGER NOT NULL, accepted_at INTEGER NOT NULL, body BLOB NOT NULL, webhooks TEXT NOT NULL);
INSERT INTO fresh_event VALUES(9,'4589691150480880066',1,1242000,CAST('{"id":"4589691150480880066"}' AS BLOB),'[null,"2"]');
CREATE TABLE cooldown(webhook TEXT NOT NULL, value TEXT NOT NULL, until INTEGER NOT NULL, PRIMARY KEY(webhook, value)) WITHOUT ROWID;
INSERT INTO cooldown VALUES('2','card 5',1260000);
CREATE INDEX event_given ON event(event_id) WHERE given = 1;
CREATE INDEX delivery_pending ON delivery(webhook, due) WHERE state = 0;
CREATE INDEX delivery_dead ON delivery(id, webhook, due) WHERE state = 1;
COMMIT;
