// What real daemons said on their control sockets: BIRD 2.0.12 on a POP of `tiny` (shortened), unbound 1.17.1.

export const BIRD_PROTOCOLS = `2002-Name       Proto      Table      State  Since         Info
1002-device1    Device     ---        up     07:21:17.079  
1006-
1002-unicast4   Static     master4    up     07:21:17.079  
1006-  Channel ipv4
     State:          UP
     Route change stats:     received   rejected   filtered    ignored   accepted
       Import updates:              1          0          0          0          1
       Import withdraws:            0          0        ---          0          0
       Export updates:              0          0          0        ---          0
       Export withdraws:            0        ---        ---        ---          0
 
1002-ebgp_t1_lon BGP        ---        up     07:21:17.913  Established   
1006-  Description:    provider t1-lon (AS64496, London)
   BGP state:          Established
   Channel ipv4
     State:          UP
     Route change stats:     received   rejected   filtered    ignored   accepted
       Import updates:              6          0          1          0          5
       Import withdraws:            2          0        ---          0          2
       Export updates:             11          5          3        ---          3
       Export withdraws:            4        ---        ---        ---          1
   Channel ipv6
     State:          UP
     Route change stats:     received   rejected   filtered    ignored   accepted
       Import updates:              6          0          1          0          5
       Import withdraws:            0          0        ---          0          0
       Export updates:             11          5          3        ---          3
       Export withdraws:            0        ---        ---        ---          0
 
1002-ebgp_t2_lon BGP        ---        start  07:21:17.079  Active        Socket: Connection refused
1006-  Description:    provider t2-lon (AS64497, London)
   BGP state:          Active
 
0000 
`;

export const BIRD_ROUTE_COUNT = `1007-15 of 15 routes for 9 networks in table master4
 16 of 16 routes for 9 networks in table master6
0014 Total: 31 of 31 routes for 18 networks in 2 tables
`;

export const UNBOUND_STATISTICS = `thread0.num.queries=7
total.num.queries=7
total.num.queries_ip_ratelimited=0
total.num.cachehits=5
total.num.cachemiss=2
total.num.prefetch=0
total.num.expired=0
total.num.recursivereplies=2
total.requestlist.avg=1
total.requestlist.current.all=0
total.recursion.time.avg=0.059857
total.recursion.time.median=0
total.tcpusage=0
time.now=1795246166.599367
time.up=489.481852
`;
