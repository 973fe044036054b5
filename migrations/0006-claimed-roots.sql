-- Whether the root's folder ever had its marker. Once it had, a folder without one is a disk that is not mounted, though all
-- footage has aged out meanwhile. Of roots from before nobody knows: their folders are asked for the marker.
alter table roots add column claimed integer not null default 1 check (claimed in (0, 1));
